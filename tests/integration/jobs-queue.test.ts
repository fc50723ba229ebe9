// Proves that a job is kept, shared, put off and buried as the queue promises.
import { afterEach, describe, expect, it, vi } from "vitest";
import { createJobs, type Jobs, type JobsOptions } from "../../app/jobs/queue/create-jobs.ts";
import type { JobTokens, ShopJobContext } from "../../app/jobs/queue/job-types.ts";
import { requireShopDomain, type ShopDomain } from "../../app/infra/shop-domain.ts";
import { type OpenDatabase, openDatabase } from "../../app/infra/database/open-database.ts";
import { createLogger } from "../../app/infra/log/log.server.ts";
import { createMetrics, type Metrics } from "../../app/infra/metrics.server.ts";
import { ReauthorizationRequiredError, SuspendedError, TransientError } from "../../app/tokens/errors.ts";
import { startPooler } from "../support/pooler.ts";
import { testDatabase } from "../support/postgres.ts";
import { everythingStoredByJobs, QUICK_TIMES } from "./jobs-harness.ts";

/**
 * The queue itself, on a real Postgres, with handlers of the tests' own. No handler here reaches Shopify: that is jobs-shops.test.ts.
 */
const database = testDatabase();

const SHOP = requireShopDomain("a-shop.myshopify.com");
const WAIT = { timeout: 15_000, interval: 20 };

/** The front door of a shop nobody calls: whoever uses it fails the test. */
const unusedTokens: JobTokens = new Proxy({} as JobTokens, {
  get: (_target, name) => {
    if (name === "admin") return () => new Proxy({}, { get: () => shut });
    return shut;
  },
});
function shut(): never {
  throw new Error("this test's handlers do not ask for tokens");
}

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

type Handler = (context: ShopJobContext) => Promise<void>;

function instance(handler: Handler, options: Partial<JobsOptions> = {}) {
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
}

async function results(metrics: Metrics, result: string): Promise<number> {
  const { values } = await metrics.jobs.get();
  return values
    .filter(({ labels }) => labels.result === result && labels.job === "refresh-shop")
    .reduce((sum, { value }) => sum + value, 0);
}

const parked = () =>
  database.current.query<{ shop: string; job: string; reason: string; code: string }>(
    `SELECT * FROM expand_contract."ParkedJob"`,
  );
const waiting = () =>
  database.current.query<{ data: { shop: string; postponed: number }; start_after: Date }>(
    `SELECT * FROM expand_contract_jobs.job WHERE name = 'refresh-shop' AND state < 'active'`,
  );

/** As the tokens' domain does when it stores a pair. */
async function storePair(shop: ShopDomain): Promise<void> {
  await database.current.query(
    `INSERT INTO expand_contract."ShopToken" ("shop", "generation") VALUES ($1, 1) ON CONFLICT ("shop") DO UPDATE SET "generation" = "ShopToken"."generation" + 1`,
    [shop],
  );
}

function shops(count: number): ShopDomain[] {
  return Array.from({ length: count }, (_, index) => requireShopDomain(`shop-${index}.myshopify.com`));
}

const NEVER_MS = 3_600_000;

describe("a job that another process sends", () => {
  it("is taken up when Postgres tells of it, without a look", async () => {
    const done: string[] = [];
    const times = { ...QUICK_TIMES, lookMs: NEVER_MS, lookWhileToldMs: NEVER_MS };
    const sender = instance(async () => {});
    await instance(async ({ shop }) => void done.push(shop), { times }).jobs.start();
    for (const shop of shops(3)) {
      await sender.jobs.enqueue("refresh-shop", { shop });
      await vi.waitFor(() => expect(done).toContain(shop), WAIT);
    }
  });

  it("is found by looking where a pooler is in between, whose sessions are not listened on", async () => {
    const pooler = await startPooler(database.current.url);
    try {
      const done: string[] = [];
      const times = { ...QUICK_TIMES, lookWhileToldMs: NEVER_MS };
      const sender = instance(async () => {});
      const worker = instance(async ({ shop }) => void done.push(shop), { times, databaseUrl: pooler.url });
      await worker.jobs.start();
      for (const shop of shops(2)) {
        await sender.jobs.enqueue("refresh-shop", { shop });
        await vi.waitFor(() => expect(done).toContain(shop), WAIT);
      }
      const listening = await database.current.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
      );
      // The sender's own, which is connected directly.
      expect(listening.length).toBeLessThanOrEqual(1);
      await worker.jobs.stop();
    } finally {
      await pooler.close();
    }
  });
});

describe("enqueue", () => {
  it("collapses what is enqueued for a shop while one job waits, and not what is enqueued while one runs", async () => {
    const gate = promiseWithResolve();
    const started: string[] = [];
    const { jobs } = instance(async ({ shop }) => {
      started.push(shop);
      await gate.promise;
    });
    expect(await jobs.enqueue("refresh-shop", { shop: SHOP })).toEqual({ queued: true });
    expect(await jobs.enqueue("refresh-shop", { shop: SHOP })).toEqual({ queued: false });
    await Promise.all(Array.from({ length: 20 }, () => jobs.enqueue("refresh-shop", { shop: SHOP })));
    expect(await waiting()).toHaveLength(1);

    await jobs.start();
    await vi.waitFor(() => expect(started).toHaveLength(1), WAIT);
    // What has changed since that one started must not be missed.
    expect(await jobs.enqueue("refresh-shop", { shop: SHOP })).toEqual({ queued: true });
    gate.resolve();
    await vi.waitFor(() => expect(started).toHaveLength(2), WAIT);
  });

  it("refuses a token, whatever the caller told the compiler, and stores nothing", async () => {
    const { jobs } = instance(async () => {});
    const token = "shpat_0123456789abcdef0123456789abcdef";
    await expect(jobs.enqueue("refresh-shop", { shop: token } as never)).rejects.toThrow(/names a shop/);
    await expect(jobs.enqueue("refresh-shop", { shop: SHOP, accessToken: token } as never)).rejects.toThrow(
      /names a shop/,
    );
    await jobs.enqueue("refresh-shop", { shop: SHOP });
    expect(await everythingStoredByJobs(database.current)).not.toContain(token);
  });

  it("buries a row that something else wrote with more than a shop in it, without running it", async () => {
    const handler = vi.fn<Handler>(async () => {});
    const { jobs } = instance(handler);
    await jobs.enqueue("refresh-shop", { shop: SHOP });
    await database.current.query(
      `UPDATE expand_contract_jobs.job SET data = data || '{"accessToken": "x"}' WHERE name = 'refresh-shop'`,
    );
    await jobs.start();
    await vi.waitFor(
      async () => expect(await jobs.deadLetters()).toMatchObject([{ code: "invalid_job_payload" }]),
      WAIT,
    );
    expect(handler).not.toHaveBeenCalled();
    expect(await jobs.retryDeadLetters(), "what can never run stays").toBe(0);
    expect(await jobs.deadLetters()).toHaveLength(1);
  });
});

describe("a shop that must be opened by its merchant again", () => {
  it("parks the job without burning a retry, and its return releases it", async () => {
    let dead = true;
    let runs = 0;
    const { jobs, metrics } = instance(async ({ shop }) => {
      runs++;
      if (dead) throw new ReauthorizationRequiredError(shop, "refresh_refused");
    });
    await jobs.start();
    await jobs.enqueue("refresh-shop", { shop: SHOP });
    await vi.waitFor(
      async () =>
        expect(await parked()).toMatchObject([
          { shop: SHOP, job: "refresh-shop", reason: "needs_reauthorization", code: "refresh_refused" },
        ]),
      WAIT,
    );
    await vi.waitFor(async () => expect(await results(metrics, "parked")).toBe(1), WAIT);
    expect(await waiting()).toEqual([]);
    expect(await jobs.health()).toMatchObject({
      running: true,
      deadLetters: 0,
      parked: { needs_reauthorization: 1, suspended: 0 },
    });
    expect(await metrics.registry.metrics()).toContain('jobs_parked{reason="needs_reauthorization"} 1');

    dead = false;
    await storePair(SHOP);
    await jobs.onPairStored(SHOP, "acquired");
    await vi.waitFor(async () => expect(await results(metrics, "done")).toBe(1), WAIT);
    expect(await parked()).toEqual([]);
    expect(runs).toBe(2);
    expect(await jobs.deadLetters()).toEqual([]);
  });

  it("does not strand the job when the shop comes back between the refusal and the parking", async () => {
    let runs = 0;
    const { jobs, metrics } = instance(async ({ shop }) => {
      if (++runs > 1) return;
      // Nothing is parked yet, so the return finds nothing to release.
      await storePair(shop);
      await jobs.onPairStored(shop, "refreshed");
      throw new ReauthorizationRequiredError(shop, "refresh_refused");
    });
    await jobs.start();
    await jobs.enqueue("refresh-shop", { shop: SHOP });
    await vi.waitFor(async () => expect(await results(metrics, "done")).toBe(1), WAIT);
    expect(await parked()).toEqual([]);
  });
});

describe("a suspended shop", () => {
  it("is left alone for a while and then tried again, without burning retries", async () => {
    let suspended = true;
    const { jobs, metrics } = instance(async ({ shop }) => {
      if (suspended) throw new SuspendedError(shop, "frozen");
    });
    await jobs.start();
    await jobs.enqueue("refresh-shop", { shop: SHOP });
    await vi.waitFor(async () => expect(await parked()).toMatchObject([{ reason: "suspended", code: "frozen" }]), WAIT);
    suspended = false;
    await vi.waitFor(async () => {
      await jobs.runNow("release-parked"); // as the schedule does each minute
      expect(await results(metrics, "done")).toBe(1);
    }, WAIT);
    expect(await jobs.deadLetters()).toEqual([]);
  });
});

describe("trouble that passes", () => {
  it("puts the job off, longer each time and at least as long as Shopify asked, and burns no retries", async () => {
    const times: number[] = [];
    const { jobs, metrics } = instance(async ({ shop }) => {
      times.push(Date.now());
      // More often than an error of our own would be retried.
      if (times.length <= 4)
        throw new TransientError(shop, "http_429", { retryAfterMs: times.length === 1 ? 1_500 : undefined });
    });
    await jobs.start();
    await jobs.enqueue("refresh-shop", { shop: SHOP });
    await vi.waitFor(async () => expect(await results(metrics, "done")).toBe(1), WAIT);
    expect(times).toHaveLength(5);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(1_500);
    expect(await results(metrics, "postponed")).toBe(4);
    expect(await jobs.deadLetters()).toEqual([]);
  });

  it("puts off what was enqueued meanwhile as well: Retry-After is about the shop", async () => {
    const { jobs, metrics } = instance(async ({ shop }) => {
      await jobs.enqueue("refresh-shop", { shop });
      throw new TransientError(shop, "http_429", { retryAfterMs: 600_000 });
    });
    await jobs.start();
    await jobs.enqueue("refresh-shop", { shop: SHOP });
    await vi.waitFor(async () => expect(await results(metrics, "postponed")).toBe(1), WAIT);
    const [job, ...more] = await waiting();
    expect(more).toEqual([]);
    expect(job!.data).toEqual({ shop: SHOP, postponed: 1 });
    expect(job!.start_after.getTime()).toBeGreaterThan(Date.now() + 590_000);
  });

  it("becomes a dead letter when it has not passed for days", async () => {
    const { jobs, metrics } = instance(async ({ shop }) => {
      throw new TransientError(shop, "http_503");
    });
    await jobs.enqueue("refresh-shop", { shop: SHOP });
    await database.current.query(
      `UPDATE expand_contract_jobs.job SET data = data || '{"postponed": 100}' WHERE name = 'refresh-shop'`,
    );
    await jobs.start();
    await vi.waitFor(
      async () => expect(await jobs.deadLetters()).toMatchObject([{ shop: SHOP, code: "http_503" }]),
      WAIT,
    );

    // Another chance is a whole one: the next failure to pass is not the last again.
    expect(await jobs.retryDeadLetters()).toBe(1);
    await vi.waitFor(async () => expect(await results(metrics, "postponed")).toBeGreaterThan(0), WAIT);
    expect(await jobs.deadLetters()).toEqual([]);
  });
});

describe("an error of our own", () => {
  it("is retried, becomes a dead letter that can be seen, holds no secret, and can be given another chance", async () => {
    const token = "shpat_0123456789abcdef0123456789abcdef";
    let broken = true;
    let runs = 0;
    const { jobs, metrics, lines } = instance(async () => {
      runs++;
      if (broken) throw new TypeError(`cannot read ${token}`);
    });
    await jobs.start();
    await jobs.enqueue("refresh-shop", { shop: SHOP });
    await vi.waitFor(async () => expect(await jobs.deadLetters()).toHaveLength(1), WAIT);
    expect(await jobs.deadLetters()).toMatchObject([
      { job: "refresh-shop", shop: SHOP, attempts: 2, code: "TypeError", message: "cannot read [redacted]" },
    ]);
    expect(runs).toBe(2);
    expect(await results(metrics, "failed")).toBe(1);
    expect(await results(metrics, "dead")).toBe(1);
    expect(lines.filter((line) => line.includes("dead letter"))).toHaveLength(1);
    expect(lines.join("")).not.toContain(token);
    expect(await metrics.registry.metrics()).toContain("jobs_dead_letters 1");
    expect(await everythingStoredByJobs(database.current)).not.toContain(token);

    broken = false;
    expect(await jobs.retryDeadLetters()).toBe(1);
    await vi.waitFor(async () => expect(await results(metrics, "done")).toBe(1), WAIT);
    expect(await jobs.deadLetters()).toEqual([]);
  });

  it("does not hold up the other shops of its batch", async () => {
    const { jobs, metrics } = instance(async ({ shop }) => {
      if (shop === "shop-0.myshopify.com") throw new Error("broken");
    });
    for (const shop of shops(4)) await jobs.enqueue("refresh-shop", { shop });
    await jobs.start();
    await vi.waitFor(async () => expect(await results(metrics, "done")).toBe(3), WAIT);
    expect(await results(metrics, "failed")).toBeGreaterThan(0);
  });
});

describe("several instances", () => {
  it("share the work: each job runs once", async () => {
    const runs: { by: number; shop: string }[] = [];
    const bothAtWork = promiseWithResolve();
    const instances = [0, 1].map((by) =>
      instance(async ({ shop }) => {
        runs.push({ by, shop });
        if (new Set(runs.map((run) => run.by)).size === 2) bothAtWork.resolve();
        // Otherwise the first to poll would be through with all of them before the other one looks.
        await bothAtWork.promise;
      }),
    );
    // Both start on an empty database at once, as after a deploy.
    await Promise.all(instances.map(({ jobs }) => jobs.start()));
    const all = shops(60);
    await Promise.all(all.map((shop, index) => instances[index % 2]!.jobs.enqueue("refresh-shop", { shop })));
    await vi.waitFor(() => expect(runs.length).toBeGreaterThanOrEqual(60), WAIT);
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), WAIT);
    expect(runs.map(({ shop }) => shop).sort()).toEqual([...all].sort());
    expect(new Set(runs.map(({ by }) => by))).toEqual(new Set([0, 1]));
  });

  it("enqueue in a process that runs no jobs, and run them in another", async () => {
    const producer = instance(async () => expect.unreachable("this one only enqueues"));
    const ran = vi.fn<Handler>(async () => {});
    const worker = instance(ran);
    await producer.jobs.enqueue("refresh-shop", { shop: SHOP });
    await worker.jobs.start();
    await vi.waitFor(() => expect(ran).toHaveBeenCalledOnce(), WAIT);
  });
});

describe("stop", () => {
  it("lets handlers in hand finish and settle, takes up nothing new, and refuses what comes later", async () => {
    const gate = promiseWithResolve();
    const started = vi.fn();
    let finished = false;
    const { jobs } = instance(async ({ shop }) => {
      started(shop);
      await gate.promise;
      finished = true;
      // Even one that puts itself off on its last breath.
      throw new TransientError(shop, "http_503");
    });
    await jobs.start();
    await jobs.enqueue("refresh-shop", { shop: SHOP });
    await vi.waitFor(() => expect(started).toHaveBeenCalledOnce(), WAIT);
    const other = requireShopDomain("other.myshopify.com");
    const stopped = jobs.stop({ drainMs: 10_000 });
    await expect(jobs.enqueue("refresh-shop", { shop: other })).rejects.toMatchObject({ code: "jobs_stopped" });
    let over = false;
    void stopped.then(() => (over = true));
    await database.current.query("SELECT pg_sleep(0.7)"); // longer than a poll: were it to take up more, it would have
    expect(over).toBe(false);
    gate.resolve();
    await stopped;
    expect(finished).toBe(true);
    expect(await waiting()).toMatchObject([{ data: { shop: SHOP, postponed: 1 } }]);
    expect(await database.current.query(`SELECT * FROM expand_contract_jobs.job WHERE state = 'active'`)).toEqual([]);
  });

  it("is harmless when nothing was ever started, and twice", async () => {
    const { jobs } = instance(async () => {});
    await jobs.stop();
    await jobs.stop();
    await expect(jobs.start()).rejects.toMatchObject({ code: "jobs_stopped" });
  });
});

describe("a connection that cannot be opened", () => {
  it("fails without repeating the password", async () => {
    const url = new URL(database.current.url);
    url.password = "a-very-secret-password";
    url.port = "1";
    const { jobs, lines } = instance(async () => {}, { databaseUrl: url.href });
    const refusal = await jobs.enqueue("refresh-shop", { shop: SHOP }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Error);
    expect(JSON.stringify([String(refusal), (refusal as Error).stack, lines])).not.toContain("a-very-secret-password");
  });
});

function promiseWithResolve(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
