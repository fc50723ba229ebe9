import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";

let built: Promise<void> | undefined;

/** Builds the app unless the build is of the sources as they are. `npm test` has done so before. */
export function ensureBuilt(): Promise<void> {
  const bootstrap = join(PROJECT_ROOT, "scripts", "bootstrap.mjs");
  return (built ??= promisify(execFile)(process.execPath, [bootstrap, "--build"]).then(() => {}));
}
