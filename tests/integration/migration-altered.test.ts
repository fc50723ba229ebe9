// Proves that no pair is lost when the table is altered, or the database stops taking writes, in the middle of a run: calls in flight are kept, and nothing more is sent.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseMigrationOptions, type Migrations, type RunView } from "../../app/migration/index.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { migrationHarness } from "./migration-harness.ts";

const t = migrationHarness();
const SHOPS = 90;
const CONCURRENCY = 20;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "altered-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const ALTERED = `ALTER TABLE "Session" ADD COLUMN "updatedAt" timestamp(3) NOT NULL DEFAULT now();
  ALTER TABLE "Session" ALTER COLUMN "updatedAt" DROP DEFAULT`;
const REFUSED = `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no writes' USING ERRCODE = 'disk_full'; END $$;
  CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON "Session" FOR EACH ROW EXECUTE FUNCTION refuse();
  CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON expand_contract."ShopToken" FOR EACH ROW EXECUTE FUNCTION refuse();
  CREATE TRIGGER refuse BEFORE INSERT ON expand_contract."UnstoredPair" FOR EACH ROW EXECUTE FUNCTION refuse()`;

interface Trouble {
  name: string;
  happen: string;
  mend: string;
  /** Where the pairs of the calls in flight go. */
  kept: "table" | "files" | "nowhere";
}

const TROUBLE: Trouble[] = [
  { name: "a column is added", happen: ALTERED, mend: `ALTER TABLE "Session" DROP COLUMN "updatedAt"`, kept: "table" },
  {
    name: "neither Session nor the emergency record's table takes a row",
    happen: REFUSED,
    mend: `DROP FUNCTION refuse CASCADE`,
    kept: "files",
  },
  {
    name: "a column is added, and the process dies before it has kept anything",
    happen: ALTERED,
    mend: `ALTER TABLE "Session" DROP COLUMN "updatedAt"`,
    kept: "nowhere",
  },
];

describe("a database that fails in the middle of a run, and is well again", () => {
  const others = `FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
  const name = () => `"${new URL(t.database.url).pathname.slice(1)}"`;

  it.each<[string, () => Promise<void>]>([
    [
      "every connection is ended again and again, statements that store a pair with it",
      async () => {
        for (let i = 0; i < 30; i++) {
          await t.database.query(`SELECT pg_terminate_backend(pid) ${others} AND application_name = 'expand-contract'`);
          await sleep(50);
        }
      },
    ],
    [
      "it is switched to read-only for three seconds",
      async () => {
        await t.database.query(`ALTER DATABASE ${name()} SET default_transaction_read_only = on`);
        await t.database.query(`SELECT pg_terminate_backend(pid) ${others} AND application_name = 'expand-contract'`);
        await sleep(3_000);
        await elsewhere(
          `SET default_transaction_read_only = off`,
          `ALTER DATABASE ${name()} RESET default_transaction_read_only`,
        );
        await t.database.query(`SELECT pg_terminate_backend(pid) ${others} AND application_name = 'expand-contract'`);
      },
    ],
  ])(
    "%s",
    async (_name, happen) => {
      const shops = await t.seed(SHOPS);
      await t.sandbox.client.faults.add({ endpoint: "token", effect: { kind: "latency", afterMs: 200 } });
      const emergency = { secrets: [TEST_APP.clientSecret], directory };
      const { migrations } = t.instance({ emergency });
      const { run } = await migrations.start(parseMigrationOptions({ concurrency: CONCURRENCY, verify: "none" }));
      await t.until("calls are in flight", async () => (await t.migrationCalls()) >= 1 + CONCURRENCY);
      await happen();
      await t.end(migrations, run.id, 60);
      await t.sandbox.client.faults.clear();
      await t.database.query(`UPDATE expand_contract."ShopToken" SET "leaseOwner" = NULL, "leaseExpiresAt" = NULL`);
      const after = t.instance({ emergency });
      expect(await t.run(after.migrations)).toMatchObject({ status: "completed", failed: 0, permanentTokens: 0 });
      await t.expectAllCurrent(shops);
      expect(await t.migrationCalls(), "no pair had to be asked for again").toBe(SHOPS);
      expect(readdirSync(directory)).toEqual([]);
    },
    120_000,
  );
});

it.each(TROUBLE)(
  "$name",
  async ({ happen, mend, kept }) => {
    const shops = await t.seed(SHOPS);
    await t.sandbox.client.faults.add({ endpoint: "token", effect: { kind: "latency", afterMs: 400 } });
    const emergency = kept === "nowhere" ? undefined : { secrets: [TEST_APP.clientSecret], directory };
    const run = await startAndSpoil(t.instance({ emergency }).migrations, happen);
    expect(run).toMatchObject({
      status: "failed",
      failed: 0,
      haltReason: expect.stringContaining("no shop is at fault"),
    });
    const calls = await t.migrationCalls();
    expect(calls, "nothing is sent once the first pair could not be stored").toBeLessThan(SHOPS);

    const rows = await t.database.query(`SELECT shop FROM expand_contract."UnstoredPair"`);
    const atRisk = await inFlight(shops);
    expect(atRisk).toBeGreaterThan(0);
    // Calls in flight, and pairs on their way into the table.
    expect(atRisk).toBeLessThanOrEqual(2 * CONCURRENCY);
    expect({ table: rows.length, files: readdirSync(directory).length }).toEqual({
      table: kept === "table" ? atRisk : 0,
      files: kept === "files" ? atRisk : 0,
    });

    await t.database.query(mend);
    await t.sandbox.client.faults.clear();
    // What the leases of a process that could not give them back, or died, would do in a quarter of a minute.
    await t.database.query(`UPDATE expand_contract."ShopToken" SET "leaseOwner" = NULL, "leaseExpiresAt" = NULL`);
    const after = t.instance({ emergency: { secrets: [TEST_APP.clientSecret], directory } });
    expect(await after.tokens.adoptUnstored()).toBe(kept === "nowhere" ? 0 : atRisk);
    expect(await t.run(after.migrations)).toMatchObject({ status: "completed", failed: 0, permanentTokens: 0 });
    await t.expectAllCurrent(shops);
    // A pair that nobody kept is asked for again with the same token, and is the same.
    expect(await t.migrationCalls()).toBe(kept === "nowhere" ? SHOPS + atRisk : SHOPS);
    expect(await t.database.query(`SELECT shop FROM expand_contract."UnstoredPair"`)).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
  },
  90_000,
);

/** On a connection of its own, outside of this database. */
async function elsewhere(...statements: string[]): Promise<void> {
  const client = new pg.Client({
    connectionString: Object.assign(new URL(t.database.url), { pathname: "/postgres" }).href,
  });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function startAndSpoil(migrations: Migrations, happen: string): Promise<RunView> {
  const { run } = await migrations.start(parseMigrationOptions({ concurrency: CONCURRENCY, verify: "none" }));
  await t.until("many calls are in flight", async () => (await t.migrationCalls()) >= 1 + CONCURRENCY);
  await t.database.query(happen);
  return t.end(migrations, run.id, 60);
}

/** Shops whose permanent token is spent and still stored. */
async function inFlight(shops: readonly string[]): Promise<number> {
  const rows = await t.database.query<{ shop: string }>(`SELECT shop FROM "Session" WHERE "refreshToken" IS NULL`);
  const stored = new Set(rows.map(({ shop }) => shop));
  const calls = await t.sandbox.client.ledger.calls({ endpoint: "token" });
  return new Set(calls.map(({ shop }) => shop).filter((shop) => shops.includes(shop) && stored.has(shop))).size;
}
