import { spawn } from "node:child_process";
import { join, relative } from "node:path";
import { PROJECT_ROOT } from "../../../../scripts/project-root.ts";

/** Builds the plain app as `npm run build` builds ours. A few seconds. */
export async function buildPlainApp(): Promise<void> {
  const config = relative(PROJECT_ROOT, join(import.meta.dirname, "vite.config.ts"));
  const cli = join(PROJECT_ROOT, "node_modules/@remix-run/dev/dist/cli.js");
  const child = spawn(process.execPath, [cli, "vite:build", "--config", config, "--logLevel", "warn"], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk));
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`the plain app could not be built:\n${Buffer.concat(said).toString()}`);
}
