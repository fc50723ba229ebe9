/**
 * What `shopify app dev` starts: the app from its sources, with reload, for a real store. The Shopify CLI passes the credentials,
 * and the address of its tunnel as HOST.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { openDevelopmentDatabase } from "./development-database.ts";
import { PROJECT_ROOT } from "./project-root.ts";

const database = await openDevelopmentDatabase();
const { HOST, ...inherited } = process.env;
const child = spawn(process.execPath, [join(PROJECT_ROOT, "server.ts")], {
  cwd: PROJECT_ROOT,
  stdio: "inherit",
  env: {
    ...inherited,
    NODE_ENV: "development",
    DATABASE_URL: database.url,
    SHOPIFY_APP_URL: process.env.SHOPIFY_APP_URL || HOST,
    PORT: process.env.FRONTEND_PORT ?? process.env.PORT ?? "3000",
  },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill("SIGTERM"));
process.exitCode = await new Promise<number>((resolve) => {
  child.once("error", () => resolve(1)).once("close", (code) => resolve(code ?? 1));
});
await database.stop();
