import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { PROJECT_ROOT } from "./project-root.ts";

/** Runs a program of node_modules/.bin (or any other) in the project's folder, on this Node, its output passed through. Returns its exit code. */
export async function runCommand(command: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  const path = [join(PROJECT_ROOT, "node_modules", ".bin"), dirname(process.execPath), process.env.PATH].join(
    delimiter,
  );
  const child = spawn(command, args, {
    cwd: PROJECT_ROOT,
    stdio: "inherit",
    env: { ...process.env, PATH: path, ...env },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code) => resolve(code ?? 1));
  });
}
