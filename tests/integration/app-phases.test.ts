// Proves that the app starts only in a phase that is safe to start in.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { AppStartError, startTestApp, type TestApp, type TestAppOptions } from "../support/app-process.ts";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";

let sandbox: Sandbox;
let database: TestDatabase;
const started: TestApp[] = [];

beforeAll(async () => {
  sandbox = await startTestSandbox();
  database = await createTestDatabase();
});
afterAll(async () => {
  await Promise.all(started.map((app) => app.stop()));
  await database?.drop();
  await sandbox?.close();
});

async function start(options: Partial<TestAppOptions> = {}): Promise<TestApp> {
  const app = await startTestApp({ sandbox, databaseUrl: database.url, ...options });
  started.push(app);
  return app;
}

async function refusalOf(options: Partial<TestAppOptions>): Promise<AppStartError> {
  const error = await start(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppStartError)) throw new Error("the app was not refused", { cause: error });
  return error;
}

const health = async (app: TestApp) => {
  const response = await fetch(`${app.url}/admin/token-health`, {
    headers: { Authorization: `Bearer ${app.migrationSecret}` },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

async function storePermanent(shop: string, into: TestDatabase = database): Promise<void> {
  const { accessToken } = await sandbox.client.installShop(shop, { token: "permanent" });
  await into.query(
    `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "accessToken") VALUES ($1, $2, '', false, $3)`,
    [`offline_${shop}`, shop, accessToken],
  );
}

describe("the environment", () => {
  it.concurrent("that is not complete is refused with every problem, plainly and with code 1", async () => {
    const { exitCode, logs } = await refusalOf({
      env: {
        SHOPIFY_API_KEY: undefined,
        SHOPIFY_APP_URL: "http://insecure.example",
        PORT: "0",
        MIGRATION_SECRET: "short",
      },
    });
    expect(exitCode).toBe(1);
    for (const name of ["SHOPIFY_API_KEY", "SHOPIFY_APP_URL", "MIGRATION_SECRET"])
      expect(logs).toContain(`  - ${name} `);
    expect(logs).toContain(".env.example");
    expect(logs).not.toMatch(/\bat .*\.(ts|js):\d+/);
    expect(logs).not.toContain('short"');
  });

  it.concurrent("with both doors closed is refused: expand before you contract", async () => {
    const { exitCode, logs } = await refusalOf({
      env: { TOKEN_EXCHANGE_ENABLED: "false", LEGACY_INSTALL_FLOW_ENABLED: "false" },
    });
    expect(exitCode).toBe(1);
    expect(logs).toContain("Expand before you contract");
  });
});

describe("the first start in contract", () => {
  it("is refused with the remedy while permanent tokens remain, and CONTRACT_ANYWAY says so in every line", async () => {
    await storePermanent("still-permanent.myshopify.com");

    const { exitCode, logs } = await refusalOf({ phase: "contract" });
    expect(exitCode).toBe(1);
    expect(logs).toContain("1 permanent token remain");
    expect(logs).toContain("migratableTokens: 0");
    expect(logs).toContain("npm run tokens -- migrate");
    expect(logs).not.toMatch(/\bat .*\.(ts|js):\d+/);

    const anyway = await start({ phase: "contract", env: { CONTRACT_ANYWAY: "true" } });
    const lines = anyway.logs().trim().split("\n");
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty("contractAnyway");
    // It was there before: no regression, but something to do.
    expect(await health(anyway)).toMatchObject({ status: 200, body: { verdict: "migrating", migratableTokens: 1 } });
    await anyway.stop();
    await database.query(`DELETE FROM expand_contract."ContractStart"`);
    await database.query(`DELETE FROM expand_contract."ContractLeftover"`);
  });

  it("is fine after a run that left none; a permanent token that appears later is a regression and stops nobody", async () => {
    const expand = await start({ phase: "expand" });
    expect(await health(expand)).toMatchObject({
      status: 200,
      body: { phase: "expand", verdict: "migrating", permanentTokens: 1 },
    });
    const run = await fetch(`${expand.url}/admin/migrate-tokens`, {
      method: "POST",
      headers: { Authorization: `Bearer ${expand.migrationSecret}` },
    });
    expect(await run.json()).toMatchObject({ status: "completed", permanentTokens: 0 });
    const clean = await health(expand);
    expect(clean).toMatchObject({ status: 200, body: { verdict: "clean", deadline: "2027-01-01" } });
    expect(clean.body.nextStep).toContain("use_legacy_install_flow = false");
    await expand.stop();

    const contract = await start({ phase: "contract" });
    expect(await health(contract)).toMatchObject({ status: 200, body: { phase: "contract", verdict: "clean" } });
    await contract.stop();

    await storePermanent("stray.myshopify.com");
    const again = await start({ phase: "contract" });
    expect(await health(again)).toMatchObject({ status: 503, body: { verdict: "regression", permanentTokens: 1 } });
    await again.stop();
  });

  it.concurrent(
    "is fine beside what Shopify would not serve, and health is clean with the number beside it",
    async () => {
      const own = await createTestDatabase();
      try {
        const names = ["good", "gone", "frozen", "closed"].map((name) => `${name}-left.myshopify.com`);
        const [good, gone, frozen, closed] = names as [string, string, string, string];
        for (const shop of names) await storePermanent(shop, own);
        await sandbox.client.uninstall(gone, { webhook: false });
        await sandbox.client.freeze(frozen);
        for (const endpoint of ["token", "graphql"] as const)
          await sandbox.client.faults.add({
            shop: closed,
            endpoint,
            effect: { kind: "status", status: 404, body: "html" },
          });
        await own.query(
          `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "accessToken") VALUES ($1, $2, '', false, 'shpat_0')`,
          [`another-program:${good}`, good],
        );
        const expand = await startTestApp({ sandbox, databaseUrl: own.url, phase: "expand" });
        const headers = { Authorization: `Bearer ${expand.migrationSecret}` };
        const answer = await fetch(`${expand.url}/admin/migrate-tokens`, { method: "POST", headers });
        const run = (await answer.json()) as { migratableTokens: number; failures: { shop: string; code: string }[] };
        expect(run).toMatchObject({ status: "completed", migrated: 1, migratableTokens: 0 });
        expect(Object.fromEntries(run.failures.map(({ shop, code }) => [shop, code]))).toMatchObject({
          [gone]: expect.any(String) as string,
          [frozen]: "frozen",
          [closed]: "closed",
          [`${good} (row another-program:${good})`]: "foreign_session",
        });
        const before = await health(expand);
        expect(before.body).toMatchObject({ verdict: "clean", migratableTokens: 0 });
        expect(before.body.unservedTokens).toMatchObject({ frozen: 1, closed: 1, foreign_session: 1 });
        expect(before.body.nextStep).toMatch(/^Contract/);
        await expand.stop();

        const contract = await startTestApp({ sandbox, databaseUrl: own.url, phase: "contract" });
        expect(await health(contract)).toMatchObject({
          status: 200,
          body: { phase: "contract", verdict: "clean", unservedTokens: { frozen: 1, closed: 1, foreign_session: 1 } },
        });
        await storePermanent("appeared.myshopify.com", own);
        expect(await health(contract)).toMatchObject({ status: 503, body: { verdict: "regression" } });
        await contract.stop();
      } finally {
        await own.drop();
      }
    },
  );

  it.concurrent("with nothing to migrate is remembered: a stray token afterwards stops nobody either", async () => {
    const fresh = await createTestDatabase();
    try {
      const first = await startTestApp({ sandbox, databaseUrl: fresh.url, phase: "contract" });
      await first.stop();
      await fresh.query(
        `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "accessToken") VALUES ('offline_x.myshopify.com', 'x.myshopify.com', '', false, 'shpat_0')`,
      );
      const second = await startTestApp({ sandbox, databaseUrl: fresh.url, phase: "contract" });
      expect(second.logs()).toContain('"phase":"contract"');
      await second.stop();
    } finally {
      await fresh.drop();
    }
  });
});
