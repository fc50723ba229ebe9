// Proves that a job is kept, shared and run once, however it was sent and whatever stops.
import { describe, expect, it, vi } from "vitest";
import { requireShopDomain } from "../../app/infra/shop-domain.ts";
import { TransientError } from "../../app/tokens/errors.ts";
import { startPooler } from "../support/pooler.ts";
import {
  everythingStoredByJobs,
  type Handler,
  jobQueueHarness,
  promiseWithResolve,
  QUICK_TIMES,
  SHOP,
  shops,
  WAIT,
} from "./jobs-harness.ts";

const { database, instance, waiting } = jobQueueHarness();

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
  it("lets handlers at work end and record it, takes up nothing new, and refuses what comes later", async () => {
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
