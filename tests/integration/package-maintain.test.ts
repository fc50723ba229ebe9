// Proves that one hourly call keeps an adopter's chains alive, with whatever rights, on whatever tables, and however many make it at once.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeEach, describe, expect, inject, test } from "vitest";
import { createTokens } from "../../packages/expand-contract/src/create-tokens.ts";
import { maintain } from "../../packages/expand-contract/src/maintain.ts";
import { createMigrations } from "../../packages/expand-contract/src/create-migrations.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { createApi } from "../support/create-api.ts";
import { DAY_MS, tokensHarness } from "./tokens-harness.ts";

const ROOT = join(import.meta.dirname, "../..");
const NONE = { refreshed: 0, reconciled: 0, retried: 0, failed: 0 };

const h = tokensHarness();
const endings: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of endings.reverse()) await end();
});

const LOG = { debug() {}, info() {}, warn() {}, error() {} };

function adopter(url = h.database.url) {
  const pool = new pg.Pool({ connectionString: url });
  pool.on("error", () => {});
  endings.push(() => pool.end());
  const sessions = { layout: "prisma" } as const;
  return createTokens({ database: pool, sessions, phase: "expand", api: createApi(), clock: h.now, log: LOG });
}

/** As after months in which only this test's shops have a past. */
beforeEach(async () => {
  await h.database.query(`TRUNCATE "Session", expand_contract."ShopToken", expand_contract."TokenEvent"`);
});

test("on an empty database there is nothing to do, hour after hour", async () => {
  const tokens = adopter();
  expect([await maintain(tokens), await maintain(tokens)]).toEqual([NONE, NONE]);
});

test("a database that was never brought up to date is named, with the remedy, before anything is asked", async () => {
  const database = await createTestDatabase({ empty: true });
  endings.push(() => database.drop());
  await expect(maintain(adopter(database.url))).rejects.toThrow(/lacks step .*: run npm run db:deploy/);
});

test("chains that grow old are refreshed once, by five processes that call at once and again an hour later; young ones are left", async () => {
  const old = [await h.install("expiring"), await h.install("expiring"), await h.install("expiring")];
  await h.advance(45 * DAY_MS);
  const young = await h.install("expiring");
  const processes = Array.from({ length: 5 }, () => adopter());
  const done = await Promise.all(processes.map((tokens) => maintain(tokens)));
  expect(done.map(({ failed }) => failed)).toEqual([0, 0, 0, 0, 0]);
  for (const shop of old) {
    await h.expectCurrent(shop);
    expect(await h.refreshes(shop)).toBe(1);
  }
  expect(await maintain(processes[0]!)).toEqual(NONE);
  expect(await h.refreshes(young)).toBe(0);
});

test("a call that died with its answer is looked into, and its chain lives", async () => {
  const shop = await h.install("expiring");
  await h.database.query(
    `INSERT INTO expand_contract."ShopToken" ("shop", "generation", "leaseOwner", "leaseExpiresAt") VALUES ($1, 1, 'dead', now() - interval '1 hour')`,
    [shop],
  );
  expect(await maintain(adopter())).toEqual({ ...NONE, reconciled: 1 });
  await h.expectCurrent(shop);
});

test("a shop that Shopify cannot be asked for is counted, keeps none of the others, and is served by the next call", async () => {
  const [troubled, fine] = [await h.install("expiring"), await h.install("expiring")];
  await h.advance(45 * DAY_MS);
  const fault = await h.sandbox.client.faults.add({ shop: troubled, effect: { kind: "status", status: 503 } });
  const tokens = adopter();
  expect(await maintain(tokens)).toEqual({ ...NONE, refreshed: 1, failed: 1 });
  await h.expectCurrent(fine);
  await h.sandbox.client.faults.remove(fault);
  await expect.poll(async () => (await maintain(tokens)).refreshed, { timeout: 20_000 }).toBe(1);
  await h.expectCurrent(troubled);
});

test("old history goes, what is needed stays", async () => {
  await h.install("expiring", "kept.myshopify.com");
  await h.database.query(`
    INSERT INTO expand_contract."TokenEvent" ("shop", "kind", "at")
    SELECT 'kept.myshopify.com', 'refreshed', now() - interval '100 days' FROM generate_series(1, 40)`);
  const events = async () =>
    (await h.database.query<{ n: number }>(`SELECT count(*)::int AS n FROM expand_contract."TokenEvent"`))[0]!.n;
  const before = await events();
  await maintain(adopter());
  expect(await events()).toBeLessThan(before);
});

test(
  "a permanent token of a shop that was frozen during the run is tried again by itself, and without a run none is",
  { timeout: 60_000 },
  async () => {
    const shop = await h.install("permanent");
    await h.sandbox.client.freeze(shop);
    const tokens = adopter();
    const hours = async () => {
      let retried = 0;
      for (let hour = 0; hour < 24; hour++) {
        retried += (await maintain(tokens)).retried;
        await h.advance(3_600_000);
      }
      return retried;
    };
    expect(await hours()).toBe(0);
    const migrations = createMigrations(tokens);
    endings.push(() => migrations.close());
    migrations.startWorker();
    const { run } = await migrations.start();
    await expect.poll(async () => (await migrations.get(run.id))?.status, { timeout: 30_000 }).toBe("completed");
    await h.sandbox.client.reopen(shop);
    expect(await hours()).toBeGreaterThan(0);
    await h.expectCurrent(shop);
  },
);

describe("a table that would not keep a new token", () => {
  test("costs one call at most for all shops together, and they are served once it is mended", async () => {
    const shops = await Promise.all(Array.from({ length: 6 }, () => h.install("expiring")));
    await h.advance(45 * DAY_MS);
    await h.database.query(`ALTER TABLE "Session" ADD COLUMN "updatedAt" timestamp(3) NOT NULL DEFAULT now()`);
    await h.database.query(`ALTER TABLE "Session" ALTER COLUMN "updatedAt" DROP DEFAULT`);
    const tokens = adopter();
    try {
      expect(await maintain(tokens)).toEqual({ ...NONE, failed: shops.length });
      const calls = await Promise.all(shops.map(h.refreshes));
      expect(calls.reduce((sum, one) => sum + one, 0)).toBe(0);
    } finally {
      await h.database.query(`ALTER TABLE "Session" DROP COLUMN "updatedAt"`);
    }
    await expect.poll(async () => (await maintain(adopter())).failed, { timeout: 20_000 }).toBe(0);
    for (const shop of shops) await h.expectCurrent(shop);
  });
});

describe("as a role with fewer rights", () => {
  const suffix = randomBytes(4).toString("hex");
  const role = `adopter_${suffix}`;
  const password = randomBytes(12).toString("hex");
  const urlOf = () => Object.assign(new URL(h.database.url), { username: role, password }).href;

  test("those of least-rights.sql are enough; without them it says so, asks Shopify for nothing, and leaves nothing in hand", async () => {
    const shop = await h.install("expiring");
    await h.advance(45 * DAY_MS);
    await h.database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
    endings.push(async () => {
      const admin = new pg.Client({ connectionString: inject("postgres").adminUrl });
      await admin.connect();
      await admin.query(`DROP OWNED BY ${role}`).catch(() => {});
      await admin.query(`DROP ROLE IF EXISTS ${role}`).catch(() => {});
      await admin.end();
    });
    await expect(maintain(adopter(urlOf()))).rejects.toThrow(/permission denied/);
    expect(await h.refreshes(shop)).toBe(0);
    // The queue's schema, which an adopter has not, is passed over.
    const rights = await readFile(join(ROOT, "prisma/least-rights.sql"), "utf8");
    for (const statement of [rights.replaceAll("expand_contract_app", role)]) await h.database.query(statement);
    expect(await maintain(adopter(urlOf()))).toEqual({ ...NONE, refreshed: 1 });
    await h.expectCurrent(shop);
    await h.database.query(`REVOKE UPDATE ON "Session" FROM ${role}`);
    await h.advance(45 * DAY_MS);
    const stopped = await maintain(adopter(urlOf()));
    expect(stopped).toEqual({ ...NONE, failed: 1 });
    expect(await h.refreshes(shop)).toBe(1);
    await h.database.query(`DROP OWNED BY ${role}`);
  });
});
