// A start loads few modules: what the server's bundle takes in is not asked for again, file by file, and what only some need comes later.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type AppProcess, startAppProcess } from "../../scripts/app-process.ts";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { ensureBuilt } from "../support/ensure-built.ts";
import { testDatabase } from "../support/postgres.ts";
import { TEST_APP } from "../support/sandbox.ts";

/** 545 when this was written. */
const MOST_MODULES = 580;

const database = testDatabase();
let app: AppProcess | undefined;
beforeAll(() => ensureBuilt(), 120_000);
afterAll(() => app?.stop());

it("loads no package at a start that is made of hundreds of small files, or that few requests need", () => {
  const bundle = readFileSync(join(PROJECT_ROOT, "build/server/index.js"), "utf8");
  const packages = [...bundle.matchAll(/^import\b[^;]*?from "([^"]+)"/gm)].map(([, name]) => name!);
  expect(packages).toContain("react");
  const late =
    /^(@shopify\/(polaris|shopify-)|zod|jose|@prisma|\.prisma|pg-boss|@opentelemetry|rate-limiter-flexible|cron-parser)/;
  expect(packages.filter((name) => late.test(name))).toEqual([]);
});

it("answers the first request with few modules", async () => {
  app = await startAppProcess({
    preload: "tests/support/count-modules.ts",
    env: {
      SHOPIFY_API_KEY: TEST_APP.clientId,
      SHOPIFY_API_SECRET: TEST_APP.clientSecret,
      SHOPIFY_APP_URL: TEST_APP.url,
      SCOPES: TEST_APP.scopes.join(","),
      DATABASE_URL: database.current.url,
      RUN_JOBS: "false",
    },
  });
  process.kill(app.pid, "SIGUSR2");
  const modules = () => Number(/modules=(\d+)/.exec(app!.logs())?.[1]);
  await vi.waitFor(() => expect(modules()).toBeGreaterThan(100));
  expect(modules()).toBeLessThanOrEqual(MOST_MODULES);
}, 60_000);
