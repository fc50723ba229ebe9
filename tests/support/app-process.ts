import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { loadAdminSchema } from "../../sandbox/http/graphql/schema.ts";
import type { Sandbox } from "../../sandbox/start.ts";
import { startAppProcess, type AppProcess } from "../../scripts/app-process.ts";
import { PHASES, type DemoPhase } from "../../scripts/demo/demo-app.ts";
import { ensureBuilt } from "./ensure-built.ts";
import { recordAnswersOf, recordedAnswers } from "./record-answers.ts";
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
  until?: "ready" | "alive";
}

export interface TestApp extends AppProcess {
  /** For `Authorization: Bearer …` of the operator's routes. */
  migrationSecret: string;
  /**
   * Fails when a secret or token that the simulator ever made, or the operator's, is anywhere in what the app logged, at any level, or
   * answered: pages, headers, redirects, JSON, metrics.
   */
  expectNoSecrets(): Promise<void>;
}

/** The production build in a process of its own, its calls to Shopify going to the simulator. Ready when this returns. */
export async function startTestApp({
  sandbox,
  databaseUrl,
  phase = "expand",
  env,
  port,
  until,
}: TestAppOptions): Promise<TestApp> {
  await ensureBuilt();
  // The simulator answers from this process. Reading the schema takes half a second and more: the first merchant would wait for it.
  loadAdminSchema(API_VERSION);
  const migrationSecret = randomBytes(32).toString("hex");
  const app = await startAppProcess({
    port,
    until,
    env: {
      SHOPIFY_API_KEY: TEST_APP.clientId,
      SHOPIFY_API_SECRET: TEST_APP.clientSecret,
      SHOPIFY_APP_URL: TEST_APP.url,
      SCOPES: TEST_APP.scopes.join(","),
      DATABASE_URL: databaseUrl,
      MIGRATION_SECRET: migrationSecret,
      LOG_LEVEL: "trace",
      ...PHASES[phase],
      ...sandbox.env,
      ...env,
    },
  });
  recordAnswersOf(app.url);
  return Object.assign(app, {
    migrationSecret,
    async expectNoSecrets() {
      const answers = await recordedAnswers();
      for (const [where, text] of Object.entries({ log: app.logs(), answers })) {
        // Shopify's own way to open an app has the ID token in its address, and a redirect to the same page keeps it there.
        const found = (await sandbox.client.ledger.findSecrets(text)).filter(
          ({ secret }) => where === "log" || secret !== "ID token",
        );
        expect(found, `secrets in the app's ${where}`).toEqual([]);
        expect(text.includes(migrationSecret), `the operator's secret in the app's ${where}`).toBe(false);
        expect(text.includes(TEST_APP.clientSecret), `the client secret in the app's ${where}`).toBe(false);
      }
    },
  });
}
