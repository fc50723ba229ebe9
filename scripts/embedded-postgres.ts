import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { findFreePort } from "./free-port.ts";
import { findPostgresPlace, type PostgresPlace } from "./postgres-binaries.ts";

export interface EmbeddedPostgres {
  port: number;
  /** Connection URL of `database` (default: `postgres`) on this server, as its superuser. */
  url(database?: string): string;
  /** Stops the server and, for a throw-away one, removes its data. Safe to call twice. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Keeps the data here from run to run. Without it the data is thrown away at the end. */
  dataDir?: string;
  /** 0 or absent: any free port. */
  port?: number;
}

const USER = "app";
const START_ATTEMPTS = 3;
const STOP_TIMEOUT_MS = 8_000;

/**
 * Runs Postgres until it ends, or until our end of the pipe on standard input closes – also when we are killed without a
 * chance to clean up. $1: the folder to remove afterwards, or empty. $2…: the command.
 */
const KEEPER = `
remove=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & server=$!
( read -r _ <&3; kill -INT "$server" ) 2>/dev/null & watcher=$!
wait "$server"; status=$?
kill "$watcher" 2>/dev/null
if [ -n "$remove" ]; then cd /; rm -rf "$remove"; fi
exit $status
`;

/**
 * Starts a real Postgres from npm, on loopback, that ends when this process does, however it ends.
 * @throws Error with the server's own words when it cannot start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const place = await findPostgresPlace();
  const home = options.dataDir ? await ensureDataHome(options.dataDir, place) : await makeThrowAwayHome(place);
  const data = join(home, "data");
  if (!(await exists(join(data, "PG_VERSION")))) await initialise(home, data, place);
  await clearStalePid(data);
  const password = await readFile(join(home, "password"), "utf8");

  let failure: unknown;
  for (let attempt = 1; attempt <= START_ATTEMPTS; attempt++) {
    const port = options.port || (await findFreePort());
    try {
      return await launch({ place, home, data, password, port, throwAway: !options.dataDir });
    } catch (error) {
      failure = error;
      if (options.port) break;
      if (!(await exists(join(data, "PG_VERSION")))) break;
    }
  }
  throw failure;
}

/** Where persistent data lives. As root it cannot stay below a private checkout, so a sibling of the binaries stands in for it. */
async function ensureDataHome(dataDir: string, place: PostgresPlace): Promise<string> {
  const home = place.user
    ? join(place.dataRoot, `embedded-postgres-data${dataDir.replaceAll(/[^A-Za-z0-9]+/g, "-")}`)
    : dataDir;
  const made = await mkdir(home, { recursive: true, mode: 0o700 });
  if (place.user) {
    if (made) await chown(home, place.user.uid, place.user.gid);
    if ((await lstat(home)).uid !== place.user.uid)
      throw new Error(`${home} belongs to another user: remove it, or set DATABASE_URL.`);
  }
  return home;
}

async function makeThrowAwayHome(place: PostgresPlace): Promise<string> {
  const home = await mkdtemp(join(place.dataRoot, "embedded-postgres-run-"));
  if (place.user) await chown(home, place.user.uid, place.user.gid);
  return home;
}

async function initialise(home: string, data: string, place: PostgresPlace): Promise<void> {
  await rm(data, { recursive: true, force: true });
  const passwordFile = join(home, "password");
  await writeFile(passwordFile, randomBytes(18).toString("base64url"), { mode: 0o600 });
  if (place.user) await chown(passwordFile, place.user.uid, place.user.gid);
  const flags = ["--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C", "--auth=password"];
  const args = [`--pgdata=${data}`, `--username=${USER}`, `--pwfile=${passwordFile}`, ...flags];
  const child = spawn(join(place.bin, "initdb"), args, {
    cwd: "/",
    env: postgresEnv(),
    stdio: ["ignore", "ignore", "pipe"],
    ...place.user,
  });
  const said = collect(child);
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) {
    await rm(data, { recursive: true, force: true });
    throw new Error(`initdb ended with ${String(code)}:\n${said()}`);
  }
}

/**
 * Removes the pid file of a server that was killed. Its number may belong to another process by now, which Postgres would take
 * for itself: what counts is whether the port in the file still answers.
 */
async function clearStalePid(data: string): Promise<void> {
  const file = join(data, "postmaster.pid");
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return;
  const port = Number(text.split("\n")[3]);
  if (port && (await answers(port))) {
    throw new Error(`another run uses this database already (port ${port}, data in ${data}): end it first.`);
  }
  await rm(file, { force: true });
}

interface Launch {
  place: PostgresPlace;
  home: string;
  data: string;
  password: string;
  port: number;
  throwAway: boolean;
}

async function launch({ place, home, data, password, port, throwAway }: Launch): Promise<EmbeddedPostgres> {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "300",
    shared_buffers: "64MB",
    log_min_messages: "fatal",
    // Data that is thrown away need not survive the machine.
    ...(throwAway ? { fsync: "off", synchronous_commit: "off", full_page_writes: "off" } : {}),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(
    "/bin/sh",
    [
      "-c",
      KEEPER,
      "keep-postgres",
      throwAway ? home : "",
      join(place.bin, "postgres"),
      "-D",
      data,
      "-p",
      String(port),
      ...flags,
    ],
    // A group of its own: Ctrl-C must not stop the database before what uses it.
    { cwd: "/", env: postgresEnv(), stdio: ["pipe", "ignore", "pipe"], detached: true, ...place.user },
  );
  const said = collect(child);
  const ended = new Promise<void>((resolve, reject) => child.once("error", reject).once("close", () => resolve()));
  child.stdin?.on("error", () => {});
  const url = (database = "postgres") => `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;
  let over = false;
  void ended.then(
    () => (over = true),
    () => (over = true),
  );
  for (;;) {
    if (over) throw new Error(`Postgres did not start on port ${port}:\n${said() || "it ended without a word"}`);
    if (await canQuery(url())) break;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  // The server is to end with us; it is no reason for us to stay.
  child.unref();
  (child.stdin as unknown as { unref?(): void })?.unref?.();
  (child.stderr as unknown as { unref?(): void })?.unref?.();
  return {
    port,
    url,
    async stop() {
      if (over) return;
      child.ref();
      child.stdin?.end();
      const timer = setTimeout(() => killGroup(child), STOP_TIMEOUT_MS);
      await ended.finally(() => clearTimeout(timer));
    },
  };
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** Nothing of ours: PGDATA, PGPORT and friends would change what the server does. */
function postgresEnv(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, TZ: "UTC", LC_ALL: "C", NODE_ENV: "production" };
}

function collect(child: ChildProcess): () => string {
  const parts: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => {
    parts.push(chunk.toString("utf8"));
    if (parts.length > 200) parts.shift();
  });
  return () => parts.join("").trim();
}

async function canQuery(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => finish(true)).once("error", () => finish(false));
    socket.setTimeout(1_000, () => finish(false));
  });
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
