import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export interface UnpackedChromium {
  executablePath: string;
  /** For LD_LIBRARY_PATH on a machine without the libraries Chromium needs. */
  libraries: string;
  /** For FONTCONFIG_FILE on a machine without any font. */
  fontsConfig: string;
}

/**
 * Unpacks the Chromium that @sparticuz/chromium carries, once per version and user. The package itself unpacks to fixed names in
 * the temporary folder, where half a file would be taken for a whole one: here it does so in a folder that is renamed at the end.
 */
export async function unpackChromium(): Promise<UnpackedChromium> {
  const manifest = await findManifest();
  const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
  const folder = join(tmpdir(), `chromium-${version}-${userInfo().uid}`);
  if (!existsSync(folder)) await unpackTo(folder);
  return {
    executablePath: join(folder, "chromium"),
    libraries: join(folder, "al2023", "lib"),
    fontsConfig: join(folder, "fonts.conf"),
  };
}

async function findManifest(): Promise<string> {
  let folder = dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium"));
  while (!existsSync(join(folder, "bin")) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, "package.json");
}

async function unpackTo(folder: string): Promise<void> {
  const staging = await mkdtemp(`${folder}.new-`);
  try {
    const script = 'import("@sparticuz/chromium").then(({ default: chromium }) => chromium.executablePath())';
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: dirname(import.meta.filename),
      // The name of the runtime makes the package unpack its libraries as well.
      env: { ...process.env, TMPDIR: staging, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" },
    });
    const fonts = join(folder, "fonts");
    await writeFile(
      join(staging, "fonts.conf"),
      `<?xml version="1.0"?>\n<fontconfig><dir>${fonts}</dir><cachedir>${join(folder, "fonts-cache")}</cachedir></fontconfig>\n`,
    );
    await chmod(join(staging, "chromium"), 0o755);
    await rename(staging, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
