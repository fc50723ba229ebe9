// Proves that background work for a shop waits for its token, and runs with a fresh one.
import { describe, expect, it, vi } from "vitest";
import { requireShopDomain } from "../../app/infra/shop-domain.ts";
import { everythingStoredByJobs, shopJobsHarness, WAIT } from "./jobs-harness.ts";
import { DAY_MS } from "./tokens-harness.ts";

const { world, lines, instance, shopRow, parked } = shopJobsHarness();

describe("refresh-shop", () => {
  it("reads the shop's name and plan after an installation", async () => {
    const { tokens } = await instance();
    const shop = world.shopName();
    await world.sandbox.client.installShop(shop, { token: "none", name: "Kiosk am Eck", plan: "Basic" });
    await tokens.getSession(shop, { idToken: await world.idToken(shop) });
    await vi.waitFor(
      async () => expect(await shopRow(shop)).toMatchObject({ name: "Kiosk am Eck", plan: "Basic" }),
      WAIT,
    );
    await world.expectCurrent(shop);
  });

  it("waits for a shop whose chain is dead, and runs as soon as its merchant is back", async () => {
    const { jobs, tokens } = await instance();
    const shop = await world.install("expiring", world.shopName());
    await world.advance(91 * DAY_MS);
    await jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
    await vi.waitFor(async () => {
      expect(await parked(shop)).toMatchObject([{ job: "refresh-shop", reason: "needs_reauthorization" }]);
    }, WAIT);
    expect(await shopRow(shop)).toBeUndefined();
    const callsWhileDead = (await world.tokenCalls(shop)).length;

    await tokens.getSession(shop, { idToken: await world.idToken(shop) });
    await vi.waitFor(async () => expect(await shopRow(shop)).toBeDefined(), WAIT);
    await vi.waitFor(async () => expect(await parked(shop)).toEqual([]), WAIT);
    expect(await jobs.deadLetters()).toEqual([]);
    expect((await world.tokenCalls(shop)).length).toBe(callsWhileDead + 1);
  });

  it("waits as long as Shopify asks when it is throttled", async () => {
    const { jobs } = await instance();
    const shop = await world.install("expiring", world.shopName());
    await world.sandbox.client.faults.add({
      shop,
      endpoint: "graphql",
      times: 1,
      effect: { kind: "throttle", retryAfterSeconds: 6 },
    });
    await jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
    await vi.waitFor(async () => expect(await shopRow(shop)).toBeDefined(), WAIT);
    expect(await world.sandbox.client.ledger.retryAfterBroken()).toEqual([]);
    expect(await jobs.deadLetters()).toEqual([]);
  });

  it("gets through when Shopify cannot be reached for a while", async () => {
    const { jobs } = await instance();
    const shop = await world.install("expiring", world.shopName());
    await world.advance(2 * 3_600_000);
    await world.sandbox.client.faults.add({ shop, times: 12, effect: { kind: "status", status: 503, body: "html" } });
    await jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
    await vi.waitFor(async () => expect(await shopRow(shop)).toBeDefined(), WAIT);
    expect(await jobs.deadLetters()).toEqual([]);
    await world.expectCurrent(shop);
  });

  it("leaves a frozen shop alone and tries again later", async () => {
    const { jobs } = await instance();
    const shop = await world.install("expiring", world.shopName());
    await world.sandbox.client.freeze(shop);
    await jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
    await vi.waitFor(async () => expect(await parked(shop)).toMatchObject([{ reason: "suspended" }]), WAIT);
    await world.sandbox.client.reopen(shop);
    await vi.waitFor(async () => {
      await jobs.runNow("release-parked");
      expect(await shopRow(shop)).toBeDefined();
    }, WAIT);
    await world.expectCurrent(shop);
  });
});

describe("reconcile", () => {
  it("finds out what became of a lost answer, though no merchant comes by", async () => {
    const { jobs, tokens } = await instance();
    const shop = await world.install("permanent", world.shopName());
    await world.sandbox.client.faults.add({ shop, endpoint: "token", effect: { kind: "lost-after-commit" } });
    await tokens.migrate(shop, { retries: 0 });
    await world.sandbox.client.faults.clear();
    await vi.waitFor(async () => expect(await tokens.shopsToReconcile(10)).toContain(shop), WAIT);

    await jobs.runNow("reconcile-shops");
    // While it is being reconciled the shop is not among these either: its lease has a holder.
    await vi.waitFor(() => world.expectCurrent(shop), WAIT);
    await vi.waitFor(async () => expect(await tokens.shopsToReconcile(10)).not.toContain(shop), WAIT);
    expect(await jobs.deadLetters()).toEqual([]);
  });
});

describe("a row that names no shop of myshopify.com", () => {
  it("stops neither keep-alive nor the look at unknown outcomes for the others, and is reported once", async () => {
    const { jobs } = await instance({ start: false });
    const [good, bad] = [world.shopName(), "under_score.myshopify.com"];
    await world.install("expiring", good);
    await world.database.query(
      `INSERT INTO "Session" (id, shop, state, "accessToken", "refreshToken", "refreshTokenExpires")
       SELECT 'offline_' || $1, $1, '', 'a', 'b', s."refreshTokenExpires" - interval '1 day' FROM "Session" s WHERE s.shop = $2`,
      [bad, good],
    );
    await world.database.query(
      `INSERT INTO expand_contract."ShopToken" (shop, "leaseOwner", "leaseExpiresAt") SELECT unnest($1::text[]), 'dead', now() - interval '1 hour'`,
      [[bad, good]],
    );
    await world.advance(45 * DAY_MS);
    lines.length = 0;
    await jobs.start();
    const done = (name: string) =>
      world.database.query(`SELECT 1 FROM expand_contract_jobs.job WHERE name = $1 AND state = 'completed'`, [name]);
    // In this order: what is reconciled has a young chain.
    for (const [plan, job] of [
      ["plan-keep-alive", "keep-alive"],
      ["reconcile-shops", "reconcile"],
    ] as const) {
      await jobs.runNow(plan);
      await vi.waitFor(async () => expect(await done(plan)).not.toEqual([]), WAIT);
      const planned = await world.database.query<{ shop: string }>(
        `SELECT data->>'shop' AS shop FROM expand_contract_jobs.job WHERE name = $1`,
        [job],
      );
      expect(planned.map(({ shop }) => shop)).toEqual([good]);
    }
    expect(lines.filter((line) => line.includes(bad))).toHaveLength(1);
  });
});

describe("what the queue stores", () => {
  it("holds no token, whatever happened to the jobs", async () => {
    const { jobs, tokens } = await instance();
    const shops = await Promise.all(
      (["expiring", "permanent", "expiring"] as const).map((token) => world.install(token, world.shopName())),
    );
    await world.sandbox.client.revokeTokens(shops[2]!);
    await world.sandbox.client.faults.add({
      shop: shops[0],
      times: 2,
      effect: { kind: "status", status: 520, body: "text" },
    });
    for (const shop of shops) await jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
    await vi.waitFor(async () => {
      expect(await shopRow(shops[0]!)).toBeDefined();
      expect(await shopRow(shops[1]!)).toBeDefined();
      expect(await parked(shops[2]!)).toHaveLength(1);
    }, WAIT);
    const stored = await everythingStoredByJobs(world.database);
    expect(stored).toContain(shops[0]);
    expect(await world.sandbox.client.ledger.findSecrets(stored)).toEqual([]);
    expect((await tokens.getSession(shops[0]!)).accessToken).toMatch(/^shpat_/); // there are some to find
  });
});
