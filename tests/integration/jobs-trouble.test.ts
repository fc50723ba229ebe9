// Proves that a job of a dead or frozen shop waits for it, that passing trouble puts it off, and that an error of our own is buried where it can be seen.
import { describe, expect, it, vi } from "vitest";
import { ReauthorizationRequiredError, SuspendedError, TransientError } from "../../app/tokens/errors.ts";
import { everythingStoredByJobs, jobQueueHarness, SHOP, shops, WAIT } from "./jobs-harness.ts";

const { database, instance, results, parked, waiting, storePair } = jobQueueHarness();

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
    await vi.waitFor(async () => expect(await results(metrics, "failed")).toBeGreaterThan(0), WAIT);
  });
});
