// Proves that a run survives its workers being killed, at random moments and at each step of a shop, with one outcome for each shop.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openDatabase, type OpenDatabase } from "../../app/infra/database/open-database.ts";
import { parseMigrationOptions } from "../../app/migration/index.ts";
import { insertRun } from "../../app/migration/run/insert-run.ts";
import { readRun } from "../../app/migration/run/read-run.ts";
import { createRandom } from "../../sandbox/platform/random.ts";
import type { Sandbox } from "../../sandbox/start.ts";
import { testDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";

const SEED = 20261123;
const SHOPS = 300;
const KILLS = 5;
/** Shops of a run whose worker is killed at one step. */
const FEW = 8;
const OURS = "expand_contract";
const INSTANCE = new URL("./migration-instance.ts", import.meta.url);

const database = testDatabase();
let sandbox: Sandbox;
let db: OpenDatabase;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  sandbox = await startTestSandbox({ seed: SEED });
  db = openDatabase(database.current.url, { poolSize: 2 });
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await sandbox.client.faults.clear();
});
afterAll(async () => {
  await db.close();
  await sandbox.close();
});

async function startInstance(): Promise<ChildProcess> {
  const child = fork(INSTANCE, {
    env: {
      ...process.env,
      ...sandbox.env,
      NODE_OPTIONS: "",
      DATABASE_URL: database.current.url,
      LOG_LEVEL: "silent",
      CALL_TIMEOUT_MS: "2000",
      TICK_MS: "100",
      DEAD_AFTER_MS: "1000",
      POLL_MS: "100",
    },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  await once(child, "message");
  return child;
}

async function migratedSoFar(): Promise<number> {
  const [row] = await database.current.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM expand_contract."ShopToken" WHERE "migratedAt" IS NOT NULL`,
  );
  return row!.n;
}

async function seed(prefix: string, count: number): Promise<string[]> {
  const shops = Array.from({ length: count }, (_, i) => `${prefix}-${String(i).padStart(4, "0")}.myshopify.com`);
  const installed = await sandbox.client.installShops(shops.map((shop) => ({ shop, token: "permanent" as const })));
  await database.current.query(
    `INSERT INTO "Session" (id, shop, state, scope, "accessToken")
     SELECT 'offline_' || shop, shop, '', 'read_products', token FROM jsonb_to_recordset($1::jsonb) AS r(shop text, token text)`,
    [JSON.stringify(installed.map(({ shop, accessToken }) => ({ shop, token: accessToken })))],
  );
  return shops;
}

const waitsFor = (table: string) => `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '${table}'::regclass`;
const FAILING = `
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_sleep(0.5); RAISE EXCEPTION 'not you'; END $$;
  CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON "Session" FOR EACH ROW EXECUTE FUNCTION refuse()`;

interface Step {
  name: string;
  /** What keeps the worker at the step, in a transaction that is rolled back after the kill. */
  hold?: string;
  /** Likewise, at Shopify. */
  slow?: { beforeMs?: number; afterMs?: number };
  /** Finds the worker at the step. */
  at?: string;
  /** Undoes what is not rolled back. */
  mend?: string;
}

const STEPS: Step[] = [
  {
    name: "it takes a lease",
    hold: `LOCK TABLE ${OURS}."ShopToken" IN SHARE MODE`,
    at: waitsFor(`${OURS}."ShopToken"`),
  },
  { name: "its call has not been carried out", slow: { beforeMs: 1_500 } },
  { name: "its answer is on the way", slow: { afterMs: 1_500 } },
  { name: "it stores a pair", hold: `LOCK TABLE "Session" IN SHARE MODE`, at: waitsFor(`"Session"`) },
  {
    name: "a store is failing",
    hold: `COMMIT; ${FAILING}`,
    at: `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
    mend: `DROP FUNCTION refuse CASCADE`,
  },
  {
    name: "it records outcomes",
    hold: `LOCK TABLE ${OURS}."MigrationOutcome" IN SHARE MODE`,
    at: waitsFor(`${OURS}."MigrationOutcome"`),
  },
];

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 10));
}

it.each(STEPS)(
  "killed while $name: another one ends the run, and every shop holds its newest pair",
  async (step) => {
    const { hold, slow, at, mend } = step;
    const shops = await seed(`step-${STEPS.indexOf(step)}`, FEW);
    await sandbox.client.faults.add({ endpoint: "token", effect: { kind: "latency", beforeMs: 50 } });
    const { id } = await insertRun(db, parseMigrationOptions({ concurrency: 2, verify: "none" }));
    const before = await migratedSoFar();
    const instance = await startInstance();
    await until(async () => (await migratedSoFar()) > before);
    const calls = async () => (await sandbox.client.ledger.calls({ endpoint: "token" })).length;
    const sent = await calls();
    if (slow) await sandbox.client.faults.add({ endpoint: "token", effect: { kind: "latency", ...slow } });
    const holder = new pg.Client({ connectionString: database.current.url });
    await holder.connect();
    try {
      if (hold) await holder.query(`BEGIN; ${hold}`);
      await until(async () => (at ? (await database.current.query(at)).length > 0 : (await calls()) > sent + 2));
      const gone = once(instance, "exit");
      instance.kill("SIGKILL");
      await gone;
      await holder.query(`ROLLBACK`);
    } finally {
      await holder.end();
    }
    if (mend) await database.current.query(mend);
    await sandbox.client.faults.clear();
    // What the dead worker's leases would do in a quarter of a minute.
    await database.current.query(`UPDATE ${OURS}."ShopToken" SET "leaseOwner" = NULL, "leaseExpiresAt" = NULL`);
    await startInstance();
    await until(async () => (await readRun(db, id))?.status !== "running");
    expect(await readRun(db, id)).toMatchObject({ status: "completed", total: FEW, migrated: FEW, permanentTokens: 0 });
    const rows = await database.current.query<{ shop: string; accessToken: string; refreshToken: string | null }>(
      `SELECT shop, "accessToken", "refreshToken" FROM "Session" WHERE shop = ANY($1)`,
      [shops],
    );
    const current = await Promise.all(rows.map((row) => sandbox.client.ledger.isCurrentPair(row.shop, row)));
    expect(current).toEqual(shops.map(() => true));
    expect(await sandbox.client.ledger.orphans(rows)).toEqual([]);
    await database.current.query(`TRUNCATE "Session", ${OURS}."ShopToken", ${OURS}."MigrationRun" CASCADE`);
  },
  60_000,
);

it("five times killed at random moments, with faults on: nobody orphaned, nobody wrongly marked, one outcome for each shop", async () => {
  const random = createRandom(SEED);
  const shops = await seed("crash", SHOPS);
  const dead = new Set([shops[7]!, shops[123]!, shops[222]!]);
  for (const shop of dead) await sandbox.client.uninstall(shop, { webhook: false });
  const token = { endpoint: "token" as const };
  await sandbox.client.faults.add({ ...token, effect: { kind: "latency", beforeMs: [5, 60], afterMs: [5, 60] } });
  await sandbox.client.faults.add({ ...token, probability: 0.03, effect: { kind: "lost-after-commit" } });
  await sandbox.client.faults.add({ ...token, probability: 0.02, effect: { kind: "lost-before-commit" } });
  await sandbox.client.faults.add({
    ...token,
    probability: 0.02,
    effect: { kind: "status", status: 520, body: "text" },
  });
  await sandbox.client.faults.add({
    ...token,
    probability: 0.01,
    effect: { kind: "throttle", retryAfterSeconds: 0.3 },
  });

  const { id } = await insertRun(db, parseMigrationOptions({ failureThreshold: 100 }));
  let instance = await startInstance();
  for (let kill = 1; kill <= KILLS; kill++) {
    // Each at another place of the run: somewhere in its own sixth.
    const at = Math.floor(((kill - 1 + random.next()) / (KILLS + 1)) * SHOPS);
    while ((await migratedSoFar()) < at) await new Promise((resolve) => setTimeout(resolve, 10));
    const gone = once(instance, "exit");
    instance.kill("SIGKILL");
    await gone;
    instance = await startInstance();
  }
  let run = await readRun(db, id);
  while (run?.status === "running") {
    await new Promise((resolve) => setTimeout(resolve, 100));
    run = await readRun(db, id);
  }

  expect(run).toMatchObject({
    status: "completed",
    total: SHOPS,
    migrated: SHOPS - dead.size,
    needsReauth: dead.size,
    failed: 0,
    skipped: 0,
    permanentTokens: 0,
  });
  const rows = await database.current.query<{ shop: string; accessToken: string; refreshToken: string | null }>(
    `SELECT shop, "accessToken", "refreshToken" FROM "Session" ORDER BY shop`,
  );
  expect(await sandbox.client.ledger.orphans(rows)).toEqual([]);
  const alive = rows.filter((row) => !dead.has(row.shop));
  const current = await Promise.all(alive.map((row) => sandbox.client.ledger.isCurrentPair(row.shop, row)));
  expect(alive.filter((_, i) => !current[i])).toEqual([]);
  const marked = await database.current.query(
    `SELECT shop FROM expand_contract."ShopToken" WHERE "needsReauthAt" IS NOT NULL ORDER BY shop`,
  );
  expect(marked.map((row) => row.shop)).toEqual([...dead].sort());
  const outcomes = await database.current.query<{ shop: string; outcome: string }>(
    `SELECT shop, outcome FROM expand_contract."MigrationOutcome" WHERE "runId" = $1 ORDER BY shop`,
    [id],
  );
  expect(outcomes).toEqual(
    shops.map((shop) => ({ shop, outcome: dead.has(shop) ? "needs_reauthorization" : "migrated" })),
  );
  expect(await sandbox.client.ledger.overlaps()).toEqual([]);
  // A guard against hanging. Measured: 34 to 41 s; with both processors busy otherwise up to 88 s, once more than 120 s. A killed holder's
  // leases last 15 s, one shop can lose several, and calls that time out while nothing gets a processor make the pace believe in a low
  // limit for a while.
}, 240_000);
