import { spawn } from "node:child_process";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";

export const about =
  "the simulator by itself: it must not be what other benchmarks measure (arguments: shops, seconds)";

/** The simulator brings its own benchmark, because it can be used without this app. */
export async function run(args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [join(PROJECT_ROOT, "sandbox/bench.ts"), ...args], { stdio: "inherit" });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  return code === 0;
}
