import { spawn } from "node:child_process";
import { join } from "node:path";
import { PROJECT_ROOT } from "./project-root.ts";

/**
 * Brings a database to the current schema by the same command as in production.
 * @throws Error with what the command said.
 */
export async function deployMigrations(databaseUrl: string): Promise<void> {
  const child = spawn(
    process.execPath,
    [join(PROJECT_ROOT, "node_modules/prisma/build/index.js"), "migrate", "deploy"],
    {
      cwd: PROJECT_ROOT,
      env: { ...process.env, DATABASE_URL: databaseUrl, CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) {
    throw new Error(`prisma migrate deploy ended with ${String(code)}:\n${Buffer.concat(said).toString().trim()}`);
  }
}
