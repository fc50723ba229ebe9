import { afterAll, afterEach, expect } from "vitest";
import { type OpenDatabase, openDatabase } from "../../app/infra/database/open-database.ts";
import { createLogger } from "../../app/infra/log/log.server.ts";
import { createMetrics, type Metrics } from "../../app/infra/metrics.server.ts";
import { requireShopDomain, type ShopDomain } from "../../app/infra/shop-domain.ts";
import { createJobs, type Jobs, type JobsOptions } from "../../app/jobs/queue/create-jobs.ts";
import type { JobTokens, ShopJobContext } from "../../app/jobs/queue/job-types.ts";
import type { Tokens } from "../../app/tokens/index.ts";
import type { PrismaDatabase } from "../support/open-prisma.ts";
import { testDatabase, type TestDatabase } from "../support/postgres.ts";
import { tokensHarness } from "./tokens-harness.ts";

export const SHOP = requireShopDomain("a-shop.myshopify.com");
export const WAIT = { timeout: 15_000, interval: 20 };

/** Waits shortened, everything else as in production. */
export const QUICK_TIMES = {
  transientFirstMs: 40,
  transientLongestMs: 200,
  suspendedMs: 200,
  failureFirstSeconds: 0,
  failureRetries: 1,
  lookMs: 100,
  lookWhileToldMs: 100,
};

export type Handler = (context: ShopJobContext) => Promise<void>;

/** Every row of every table that background work uses, as text: to look for what must not be there. */
export async function everythingStoredByJobs(database: TestDatabase): Promise<string> {
  const tables = await database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname = 'expand_contract_jobs' OR tablename IN ('ParkedJob', 'Shop')`,
  );
  const rows = await Promise.all(tables.map(({ name }) => database.query(`SELECT t::text FROM ${name} t`)));
  return JSON.stringify(rows);
}

export function shops(count: number): ShopDomain[] {
  return Array.from({ length: count }, (_, index) => requireShopDomain(`shop-${index}.myshopify.com`));
}

export function promiseWithResolve(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** Tokens that fail the test when a handler asks for them. */
const unusedTokens: JobTokens = new Proxy({} as JobTokens, {
  get: (_target, name) => {
    if (name === "admin") return () => new Proxy({}, { get: () => refuse });
    return refuse;
  },
});
function refuse(): never {
  throw new Error("this test's handlers do not ask for tokens");
}

/** The queue itself, on a real Postgres, with handlers of the tests' own. No handler here reaches Shopify: {@link shopJobsHarness} does. */
export function jobQueueHarness() {
  const database = testDatabase();
  const running: { jobs: Jobs; db: OpenDatabase }[] = [];

  afterEach(async () => {
    for (const { jobs, db } of running.splice(0)) {
      await jobs.stop({ drainMs: 5_000 });
      await db.close();
    }
    await database.current.query(`DROP SCHEMA IF EXISTS expand_contract_jobs CASCADE`);
    await database.current.query(
      `TRUNCATE expand_contract."ParkedJob", expand_contract."ShopToken", expand_contract."Shop"`,
    );
  });

  return {
    database,

    instance(handler: Handler, options: Partial<JobsOptions> = {}) {
      const lines: string[] = [];
      const db = openDatabase(database.current.url, { poolSize: 5 });
      const metrics = createMetrics({ withDefaults: false });
      const jobs = createJobs({
        databaseUrl: database.current.url,
        tokens: unusedTokens,
        db,
        log: createLogger("info", [], { write: (line) => void lines.push(line) }),
        metrics,
        times: QUICK_TIMES,
        handlers: { "refresh-shop": handler },
        ...options,
      });
      running.push({ jobs, db });
      return { jobs, db, metrics, lines };
    },

    async results(metrics: Metrics, result: string): Promise<number> {
      const { values } = await metrics.jobs.get();
      return values
        .filter(({ labels }) => labels.result === result && labels.job === "refresh-shop")
        .reduce((sum, { value }) => sum + value, 0);
    },

    parked: () =>
      database.current.query<{ shop: string; job: string; reason: string; code: string }>(
        `SELECT * FROM expand_contract."ParkedJob"`,
      ),
    waiting: () =>
      database.current.query<{ data: { shop: string; postponed: number }; start_after: Date }>(
        `SELECT * FROM expand_contract_jobs.job WHERE name = 'refresh-shop' AND state < 'active'`,
      ),

    /** As the tokens' domain does when it stores a pair. */
    async storePair(shop: ShopDomain): Promise<void> {
      await database.current.query(
        `INSERT INTO expand_contract."ShopToken" ("shop", "generation") VALUES ($1, 1) ON CONFLICT ("shop") DO UPDATE SET "generation" = "ShopToken"."generation" + 1`,
        [shop],
      );
    },
  };
}

/** The app's own jobs, with real tokens: Postgres, pg-boss, and the simulator in Shopify's place. */
export function shopJobsHarness() {
  const world = tokensHarness();
  const lines: string[] = [];
  const running: Jobs[] = [];

  afterEach(async () => {
    await Promise.all(running.splice(0).map((jobs) => jobs.stop()));
    await world.database.query(`TRUNCATE expand_contract."ParkedJob", "Session", expand_contract."ShopToken"`);
    await world.database.query(`DELETE FROM expand_contract_jobs.job`);
  });
  afterAll(async () => {
    expect(await world.sandbox.client.ledger.findSecrets(lines.join(""))).toEqual([]);
  });

  return {
    world,
    lines,

    /** One process of the app with its jobs running, wired as the composition root does it. */
    async instance(options: { spread?: Parameters<typeof createJobs>[0]["spread"]; start?: boolean } = {}) {
      const tokens: Tokens & { prisma: PrismaDatabase } = world.process({
        onPairStored: (shop, how) => jobs.onPairStored(shop, how),
      });
      const metrics = createMetrics({ withDefaults: false });
      const jobs: Jobs = createJobs({
        databaseUrl: world.database.url,
        tokens,
        db: tokens.prisma,
        clock: world.now,
        log: createLogger("info", [], { write: (line) => void lines.push(line) }),
        metrics,
        times: QUICK_TIMES,
        spread: options.spread,
      });
      running.push(jobs);
      if (options.start !== false) await jobs.start();
      return { jobs, tokens, metrics };
    },

    async shopRow(shop: string) {
      const [row] = await world.database.query<{ name: string; plan: string; fetchedAt: Date }>(
        `SELECT * FROM expand_contract."Shop" WHERE shop = $1`,
        [shop],
      );
      return row;
    },

    parked: (shop: string) =>
      world.database.query<{ job: string; reason: string }>(
        `SELECT * FROM expand_contract."ParkedJob" WHERE shop = $1`,
        [shop],
      ),

    queued: (name: string) =>
      world.database.query<{ data: { shop: string; postponed: number } }>(
        `SELECT * FROM expand_contract_jobs.job WHERE name = $1 AND state <= 'active'`,
        [name],
      ),
  };
}
