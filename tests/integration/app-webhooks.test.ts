// Proves that webhooks are answered without a living token and while the database is away, in any order, and never harm another shop.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bodyFor, SIGNED, WEBHOOK_TOPICS } from "../support/app-requests.ts";
import { appHarness } from "./app-harness.ts";

const world = appHarness({
  simulator: { app: { tomlPath: "shopify.app.toml" } },
  delivers: true,
  isSeverable: true,
});

const sessionsOf = (shop: string) => world.rowsOf("Session", shop);

const { postWebhook: post } = world;

describe("app/uninstalled", () => {
  it("forgets the shop's sessions though its token is dead", async () => {
    const shop = "uninstall.myshopify.com";
    await world.sandbox.client.installShop(shop);
    await world.merchant.open(shop);
    expect(await sessionsOf(shop)).toHaveLength(1);

    const delivery = await world.sandbox.client.uninstall(shop);

    expect(delivery?.attempts.at(-1)?.status).toBe(200);
    expect(await sessionsOf(shop)).toHaveLength(0);
  });

  it("delivered late leaves a fresh reinstall alone", async () => {
    const shop = "late-uninstall.myshopify.com";
    await world.sandbox.client.installShop(shop);
    await world.merchant.open(shop);
    await world.sandbox.client.webhooks.hold();
    await world.sandbox.client.uninstall(shop);
    await world.sandbox.client.reinstall(shop);
    expect((await world.merchant.data(shop)).status).toBe(200);
    const released = await world.sandbox.client.webhooks.release();
    expect(released.flatMap(({ attempts }) => attempts.map(({ status }) => status))).toEqual([200]);
    expect(await sessionsOf(shop)).toHaveLength(1);
    expect((await world.merchant.data(shop)).status).toBe(200);
  });
});

describe("with a dead token, expired and unable to refresh", () => {
  const shop = "dead.myshopify.com";
  beforeAll(async () => {
    await world.sandbox.client.installShop(shop);
    await world.merchant.open(shop);
    await world.sandbox.client.revokeTokens(shop);
    await world.database.query(`UPDATE "Session" SET "expires" = now() - interval '1 hour' WHERE "shop" = $1`, [shop]);
  });

  it.each(WEBHOOK_TOPICS.toReversed())("%s is answered 200", async (topic) => {
    const before = (await world.tokenCalls(shop)).length;
    const { status } = await world.sandbox.client.sendWebhook(shop, topic);
    expect(status).toBe(200);
    if (topic.startsWith("customers/")) expect((await world.tokenCalls(shop)).length, "calls to Shopify").toBe(before);
  });
});

describe("the same delivery again", () => {
  it.each(["app/uninstalled", "shop/redact", "app/scopes_update"])("of %s changes nothing more", async (topic) => {
    const shop = `again-${topic.replace(/\W/g, "-").replace("_", "-")}.myshopify.com`;
    await world.sandbox.client.installShop(shop);
    await world.merchant.open(shop);
    if (topic !== "app/scopes_update") await world.sandbox.client.uninstall(shop, { webhook: false });
    const { id, status } = await world.sandbox.client.sendWebhook(shop, topic);
    expect(status).toBe(200);
    const before = await sessionsOf(shop);
    expect((await world.sandbox.client.webhooks.replay(id)).status).toBe(200);
    expect(await sessionsOf(shop)).toEqual(before);
  });
});

describe("app/scopes_update", () => {
  it("stores what the merchant has granted", async () => {
    const shop = "scopes.myshopify.com";
    await world.sandbox.client.installShop(shop);
    await world.merchant.open(shop);
    await world.sandbox.client.setScopes(shop, ["read_products", "write_products"]);
    const [row] = await world.database.query<{ scope: string }>(`SELECT "scope" FROM "Session" WHERE "shop" = $1`, [
      shop,
    ]);
    expect(row?.scope.split(",").sort()).toEqual(["read_products", "write_products"]);
  });
});

describe("shop/redact", () => {
  it("removes what is known of an uninstalled shop", async () => {
    const shop = "redact.myshopify.com";
    await world.sandbox.client.installShop(shop);
    await world.merchant.open(shop);
    // The job that follows an installation has run.
    await expect.poll(() => world.rowsOf("Shop", shop), { timeout: 10_000 }).toHaveLength(1);
    await world.sandbox.client.uninstall(shop);
    const { status } = await world.sandbox.client.sendWebhook(shop, "shop/redact", { shop_domain: shop });
    expect(status).toBe(200);
    for (const table of ["Session", "ShopToken", "TokenEvent", "Shop", "ParkedJob"]) {
      expect(await world.rowsOf(table, shop), table).toEqual([]);
    }
  });
});

describe("while the database would not keep a new token", () => {
  it("a webhook that needs Shopify's word is answered 503: one pair at most is spent, kept, and stored when it is mended", async () => {
    const shops = ["app/uninstalled", "shop/redact"].map((topic) => ({
      topic,
      shop: `unfit-${topic.replace("/", "-")}.myshopify.com`,
    }));
    for (const { shop } of shops) {
      await world.sandbox.client.installShop(shop);
      await world.merchant.open(shop);
      // The job that follows an installation has run: it would refresh an expired pair as well.
      await expect.poll(() => world.rowsOf("Shop", shop), { timeout: 10_000 }).toHaveLength(1);
    }
    await world.database.query(
      `UPDATE "Session" SET "expires" = now() - interval '1 hour' WHERE "shop" LIKE 'unfit-%'`,
    );
    await world.database.query(`ALTER TABLE "Session" ADD COLUMN "updatedAt" timestamptz NOT NULL DEFAULT now()`);
    await world.database.query(`ALTER TABLE "Session" ALTER COLUMN "updatedAt" DROP DEFAULT`);
    // Shopify is asked, with a refresh, whose pair has to be kept.
    const deliver = (topic: string, shop: string) =>
      post(`/webhooks/${topic}`, bodyFor(shop), { "X-Shopify-Shop-Domain": shop });
    const refreshes = async () =>
      (await world.sandbox.client.ledger.calls({ grant: "refresh" })).filter(({ shop }) => shop.startsWith("unfit-"))
        .length;
    try {
      for (const { topic, shop } of shops) {
        const response = await deliver(topic, shop);
        expect(response.status, topic).toBe(503);
        expect(response.headers.get("retry-after")).toBe("5");
        expect(await response.json()).toMatchObject({ code: "try_again" });
        expect(await sessionsOf(shop)).toHaveLength(1);
      }
      expect(await refreshes()).toBeLessThanOrEqual(1);
    } finally {
      await world.database.query(`ALTER TABLE "Session" DROP COLUMN "updatedAt"`);
    }
    for (const { topic, shop } of shops) {
      await expect.poll(async () => (await deliver(topic, shop)).status, { timeout: 10_000 }).toBe(200);
      // Installed, says Shopify: nothing is forgotten.
      const [row] = await world.database.query<{ accessToken: string; refreshToken: string }>(
        `SELECT "accessToken", "refreshToken" FROM "Session" WHERE "shop" = $1`,
        [shop],
      );
      expect(await world.sandbox.client.ledger.isCurrentPair(shop, row!), shop).toBe(true);
    }
  });
});

describe("while the database is away", () => {
  afterAll(() => world.way.mend());

  it.each([
    ["gone", () => world.way.sever()],
    ["silent", () => world.way.stall()],
  ])("and %s, an answer of 503 in time makes Shopify deliver again", async (_state, begin) => {
    begin();
    try {
      const startedAt = performance.now();
      const response = await post("/webhooks/app/uninstalled", bodyFor(SIGNED));
      expect(response.status).toBe(503);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    } finally {
      world.way.mend();
    }
    await expect
      .poll(async () => (await post("/webhooks/app/uninstalled", bodyFor(SIGNED))).status, { timeout: 10_000 })
      .toBe(200);
  });
});
