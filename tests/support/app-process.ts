import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { loadAdminSchema } from "../../sandbox/http/graphql/schema.ts";
import type { Sandbox } from "../../sandbox/start.ts";
import { startAppProcess, type AppProcess } from "../../scripts/app-process.ts";
import { PHASES, type DemoPhase } from "../../scripts/demo/demo-app.ts";
import { ensureBuilt } from "./ensure-built.ts";
import { TEST_APP } from "./sandbox.ts";

export type { AppProcess };
export { AppStartError } from "../../scripts/app-process.ts";

/** The version that the app asks for. */
const API_VERSION = "2026-10";

export interface TestAppOptions {
  sandbox: Sandbox;
  databaseUrl: string;
  /** Default: expand. */
  phase?: DemoPhase;
  /** On top of everything else. */
  env?: Record<string, string | undefined>;
  port?: number;
}

export interface TestApp extends AppProcess {
  /** For `Authorization: Bearer …` of the operator's routes. */
  migrationSecret: string;
  /** Fails when a secret or token that the simulator knows, or the operator's, is anywhere in what the app wrote. */
  expectNoSecretsInLogs(): Promise<void>;
}

/** The production build in a process of its own, its calls to Shopify going to the simulator. Ready when this returns. */
export async function startTestApp({
  sandbox,
  databaseUrl,
  phase = "expand",
  env,
  port,
}: TestAppOptions): Promise<TestApp> {
  await ensureBuilt();
  // The simulator answers from this process. Reading the schema takes half a second and more: the first merchant would wait for it.
  loadAdminSchema(API_VERSION);
  const migrationSecret = randomBytes(32).toString("hex");
  const app = await startAppProcess({
    port,
    env: {
      SHOPIFY_API_KEY: TEST_APP.clientId,
      SHOPIFY_API_SECRET: TEST_APP.clientSecret,
      SHOPIFY_APP_URL: TEST_APP.url,
      SCOPES: TEST_APP.scopes.join(","),
      DATABASE_URL: databaseUrl,
      MIGRATION_SECRET: migrationSecret,
      ...PHASES[phase],
      ...sandbox.env,
      ...env,
    },
  });
  return Object.assign(app, {
    migrationSecret,
    async expectNoSecretsInLogs() {
      const logs = app.logs();
      expect(await sandbox.client.ledger.findSecrets(logs), "secrets in the app's log").toEqual([]);
      expect(logs.includes(migrationSecret), "the operator's secret in the app's log").toBe(false);
      expect(logs.includes(TEST_APP.clientSecret), "the client secret in the app's log").toBe(false);
    },
  });
}
