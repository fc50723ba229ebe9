import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const SYSTEM_PATHS = [
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
  "/Applications/Firefox.app/Contents/MacOS/firefox",
] as const;

/**
 * `FIREFOX_PATH`, else Firefox of this machine; undefined where there is none: it does not come through npm.
 * @throws Error for a `FIREFOX_PATH` that does not run.
 */
export function findFirefox(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const wanted = env.FIREFOX_PATH;
  if (wanted && !works(wanted))
    throw new Error(`FIREFOX_PATH is ${wanted}, and that does not run. Correct or unset it.`);
  return wanted || SYSTEM_PATHS.find((path) => existsSync(path) && works(path));
}

function works(path: string): boolean {
  return spawnSync(path, ["--version"], { timeout: 20_000 }).status === 0;
}
