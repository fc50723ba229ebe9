// Proves that webhooks are verified and answered without a living token, in any order, and never harm another shop.
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { merchantOf, type Merchant } from "../support/app-requests.ts";
import { testDatabase } from "../support/postgres.ts";
import { severable, type SeverableDatabase } from "../support/severable-database.ts";
import { startTestSandbox, TEST_APP } from "../support/sandbox.ts";

const database = testDatabase();
let sandbox: Sandbox;
let app: TestApp;
let merchant: Merchant;
let way: SeverableDatabase;
const PREVIOUS_SECRET = "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";

beforeAll(async () => {
  sandbox = await startTestSandbox({ app: { tomlPath: "shopify.app.toml" } });
  way = await severable(database.current.url);
  const env = { SHOPIFY_API_SECRET_PREVIOUS: PREVIOUS_SECRET };
  app = await startTestApp({ sandbox, databaseUrl: way.url, phase: "expand", env });
  await sandbox.client.app({ deliverTo: app.url });
  merchant = merchantOf(app, sandbox);
});
afterAll(async () => {
  await app?.expectNoSecrets();
  await app?.stop();
  await way?.close();
  await sandbox?.close();
});

const rowsOf = (table: string, shop: string) =>
  database.current.query(`SELECT 1 FROM ${table === "Session" ? "" : "expand_contract."}"${table}" WHERE "shop" = $1`, [
    shop,
  ]);
const sessionsOf = (shop: string) => rowsOf("Session", shop);
const tokenCalls = (shop: string) => sandbox.client.ledger.calls({ shop, endpoint: "token" });
/** As Shopify's bodies of each topic name their shop. */
const bodyFor = (shop: string) => JSON.stringify({ myshopify_domain: shop, shop_domain: shop });
const SIGNED = "signed.myshopify.com";
const TOPICS = ["app/uninstalled", "app/scopes_update", "customers/data_request", "customers/redact", "shop/redact"];

function post(path: string, body: string, headers: Record<string, string> = {}) {
  return fetch(app.url + path, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Shopify-Topic": path.replace("/webhooks/", ""),
      "X-Shopify-Shop-Domain": SIGNED,
      "X-Shopify-API-Version": "2026-10",
      "X-Shopify-Webhook-Id": "1",
      "X-Shopify-Hmac-Sha256": createHmac("sha256", TEST_APP.clientSecret).update(body).digest("base64"),
      ...headers,
    },
    body,
  });
}

describe("app/uninstalled", () => {
  it("forgets the shop's sessions though its token is dead", async () => {
    const shop = "uninstall.myshopify.com";
    await sandbox.client.installShop(shop);
    await merchant.open(shop);
    expect(await sessionsOf(shop)).toHaveLength(1);

    const delivery = await sandbox.client.uninstall(shop);

    expect(delivery?.attempts.at(-1)?.status).toBe(200);
    expect(await sessionsOf(shop)).toHaveLength(0);
  });

  it("delivered late leaves a fresh reinstall alone", async () => {
    const shop = "late-uninstall.myshopify.com";
    await sandbox.client.installShop(shop);
    await merchant.open(shop);
    await sandbox.client.webhooks.hold();
    await sandbox.client.uninstall(shop);
    await sandbox.client.reinstall(shop);
    expect((await merchant.data(shop)).status).toBe(200);
    const released = await sandbox.client.webhooks.release();
    expect(released.flatMap(({ attempts }) => attempts.map(({ status }) => status))).toEqual([200]);
    expect(await sessionsOf(shop)).toHaveLength(1);
    expect((await merchant.data(shop)).status).toBe(200);
  });
});

describe("with a dead token, expired and unable to refresh", () => {
  const shop = "dead.myshopify.com";
  beforeAll(async () => {
    await sandbox.client.installShop(shop);
    await merchant.open(shop);
    await sandbox.client.revokeTokens(shop);
    await database.current.query(`UPDATE "Session" SET "expires" = now() - interval '1 hour' WHERE "shop" = $1`, [
      shop,
    ]);
  });

  it.each(TOPICS.toReversed())("%s is answered 200", async (topic) => {
    const before = (await tokenCalls(shop)).length;
    const { status } = await sandbox.client.sendWebhook(shop, topic);
    expect(status).toBe(200);
    if (topic.startsWith("customers/")) expect((await tokenCalls(shop)).length, "calls to Shopify").toBe(before);
  });
});

describe("the same delivery again", () => {
  it.each(["app/uninstalled", "shop/redact", "app/scopes_update"])("of %s changes nothing more", async (topic) => {
    const shop = `again-${topic.replace(/\W/g, "-").replace("_", "-")}.myshopify.com`;
    await sandbox.client.installShop(shop);
    await merchant.open(shop);
    if (topic !== "app/scopes_update") await sandbox.client.uninstall(shop, { webhook: false });
    const { id, status } = await sandbox.client.sendWebhook(shop, topic);
    expect(status).toBe(200);
    const before = await sessionsOf(shop);
    expect((await sandbox.client.webhooks.replay(id)).status).toBe(200);
    expect(await sessionsOf(shop)).toEqual(before);
  });
});

describe("app/scopes_update", () => {
  it("stores what the merchant has granted", async () => {
    const shop = "scopes.myshopify.com";
    await sandbox.client.installShop(shop);
    await merchant.open(shop);
    await sandbox.client.setScopes(shop, ["read_products", "write_products"]);
    const [row] = await database.current.query<{ scope: string }>(`SELECT "scope" FROM "Session" WHERE "shop" = $1`, [
      shop,
    ]);
    expect(row?.scope.split(",").sort()).toEqual(["read_products", "write_products"]);
  });
});

describe("shop/redact", () => {
  it("removes what is known of an uninstalled shop", async () => {
    const shop = "redact.myshopify.com";
    await sandbox.client.installShop(shop);
    await merchant.open(shop);
    // The job that follows an installation has run.
    await expect.poll(() => rowsOf("Shop", shop), { timeout: 10_000 }).toHaveLength(1);
    await sandbox.client.uninstall(shop);
    const { status } = await sandbox.client.sendWebhook(shop, "shop/redact", { shop_domain: shop });
    expect(status).toBe(200);
    for (const table of ["Session", "ShopToken", "TokenEvent", "Shop", "ParkedJob"]) {
      expect(await rowsOf(table, shop), table).toEqual([]);
    }
  });
});

describe("verification", () => {
  it.each(TOPICS)("%s with a wrong signature is answered 401 and not handled", async (topic) => {
    const response = await post(`/webhooks/${topic}`, "{}", { "X-Shopify-Hmac-Sha256": "AAAA" });
    expect(response.status).toBe(401);
  });

  it("works for a body that says more than ASCII, byte for byte", async () => {
    const response = await post(
      "/webhooks/customers/redact",
      `{ "shop_domain": "${SIGNED}", "name":"Zoë 🛍",\n "x": 1.0 }`,
    );
    expect(response.status).toBe(200);
  });

  it("of a topic at the address of another is refused", async () => {
    const response = await post("/webhooks/customers/redact", bodyFor(SIGNED), {
      "X-Shopify-Topic": "app/uninstalled",
    });
    expect(response.status).toBe(400);
  });

  it("answers other methods 405", async () => {
    for (const method of ["GET", "PUT", "OPTIONS"]) {
      const response = await fetch(`${app.url}/webhooks/app/uninstalled`, { method });
      expect(response.status, method).toBe(405);
      expect(response.headers.get("allow"), method).toBe("POST");
    }
  });

  it("takes the other client secret while it is rotated", async () => {
    const body = bodyFor(SIGNED);
    const hmac = createHmac("sha256", PREVIOUS_SECRET).update(body).digest("base64");
    const response = await post("/webhooks/customers/redact", body, { "X-Shopify-Hmac-Sha256": hmac });
    expect(response.status).toBe(200);
  });

  it.each([
    ["of scopes that are no list", "app/scopes_update", '{"current": "all"}', {}],
    ["of scopes that hold NUL", "app/scopes_update", '{"current": ["read_products\\u0000"]}', {}],
    ["of scopes that hold half a character", "app/scopes_update", '{"current": ["\\ud800"]}', {}],
    ["without scopes", "app/scopes_update", "{}", {}],
    ["of year 0", "app/uninstalled", bodyFor(SIGNED), { "X-Shopify-Triggered-At": "0000-01-01T00:00:00Z" }],
    [
      "of a shop of 300 characters",
      "app/uninstalled",
      "{}",
      { "X-Shopify-Shop-Domain": `${"a".repeat(300)}.myshopify.com` },
    ],
    ["of a shop that is none", "shop/redact", "{}", { "X-Shopify-Shop-Domain": "%00" }],
    ["with a list as body", "shop/redact", "[]", {}],
  ] as [string, string, string, Record<string, string>][])(
    "refuses one %s in words",
    async (_name, topic, body, headers) => {
      const response = await post(`/webhooks/${topic}`, body, headers);
      expect(response.status).toBe(400);
      expect(response.headers.get("content-type")).toContain("application/problem+json");
      expect(((await response.json()) as { detail: string }).detail).toBeTruthy();
    },
  );

  it("refuses a body that Shopify signed about another shop, and leaves that of the header alone", async () => {
    const shop = "victim.myshopify.com";
    await sandbox.client.installShop(shop);
    await merchant.open(shop);
    for (const topic of ["app/uninstalled", "shop/redact", "customers/redact", "customers/data_request"]) {
      const response = await post(`/webhooks/${topic}`, bodyFor(SIGNED), { "X-Shopify-Shop-Domain": shop });
      expect(response.status, topic).toBe(400);
    }
    expect(await sessionsOf(shop)).toHaveLength(1);
  });

  it.each([
    ["customers/redact", (shop: string) => ({ shop_domain: shop, customer: { id: 1 }, orders_to_redact: [] })],
    ["shop/update", (shop: string) => ({ id: 1, domain: shop, myshopify_domain: shop, plan_name: "basic" })],
    ["app/uninstalled, of an earlier installation", (shop: string) => ({ id: 1, myshopify_domain: shop })],
    ["app/scopes_update", () => ({ previous: ["read_products"], current: ["write_everything"] })],
    ["orders/create", () => ({ id: 1, line_items: [] })],
  ])(
    "a signed body of %s changes nothing of a shop that has the app, whatever topic it is sent as",
    async (of, body) => {
      const shops = ["pair", "permanent"].map(
        (kind) => `${kind}-${of.replace(/\W+/g, "-").replace("_", "-")}.myshopify.com`,
      );
      const [pair, permanent] = shops as [string, string];
      await sandbox.client.installShop(pair);
      await merchant.open(pair);
      const { accessToken } = await sandbox.client.installShop(permanent, { token: "permanent" });
      await database.current.query(
        `INSERT INTO "Session" (id, shop, state, scope, "accessToken") VALUES ('offline_' || $1, $1, '', 'read_products', $2)`,
        [permanent, accessToken],
      );
      // By the app's history the installation is older than the webhook by far.
      await database.current.query(
        `UPDATE expand_contract."ShopToken" SET "acquiredAt" = now() - interval '1 day' WHERE shop = $1`,
        [pair],
      );
      const rows = () => database.current.query(`SELECT * FROM "Session" WHERE shop = ANY($1) ORDER BY shop`, [shops]);
      const before = await rows();
      for (const shop of shops) {
        for (const topic of TOPICS) {
          const { status } = await post(`/webhooks/${topic}`, JSON.stringify(body(shop)), {
            "X-Shopify-Shop-Domain": shop,
            "X-Shopify-Triggered-At": new Date().toISOString(),
          });
          expect([200, 400], `${topic} of ${shop}`).toContain(status);
        }
      }
      expect(await rows()).toEqual(before);
    },
  );

  it("of a body that names no shop is refused: nothing is asked, not even of a frozen shop that Shopify cannot speak for", async () => {
    const shops = ["installed", "frozen", "unknown"].map((kind) => `nameless-${kind}.myshopify.com`);
    const [installed, frozen] = shops as [string, string];
    for (const shop of [installed, frozen]) {
      const { accessToken } = await sandbox.client.installShop(shop, { token: "permanent" });
      await database.current.query(
        `INSERT INTO "Session" (id, shop, state, "accessToken") VALUES ('offline_' || $1, $1, '', $2)`,
        [shop, accessToken],
      );
    }
    await sandbox.client.freeze(frozen);
    const calls = () => sandbox.client.ledger.calls({});
    const before = (await calls()).filter(({ shop }) => shops.includes(shop)).length;
    for (const shop of shops) {
      for (const topic of TOPICS.filter((one) => one !== "app/scopes_update")) {
        const response = await post(`/webhooks/${topic}`, '{"id":1,"previous":[],"current":["read_products"]}', {
          "X-Shopify-Shop-Domain": shop,
          "X-Shopify-Triggered-At": new Date().toISOString(),
        });
        expect(response.status, `${topic} of ${shop}`).toBe(400);
        expect(await response.json()).toMatchObject({ code: "shop_not_named" });
      }
    }
    expect((await calls()).filter(({ shop }) => shops.includes(shop))).toHaveLength(before);
    for (const shop of [installed, frozen]) expect(await sessionsOf(shop)).toHaveLength(1);
  });

  it("of a shop of which nothing is stored leaves nothing", async () => {
    const shop = "never-seen.myshopify.com";
    await sandbox.client.installShop(shop, { token: "none" });
    for (const topic of ["app/uninstalled", "shop/redact"]) {
      const response = await post(`/webhooks/${topic}`, bodyFor(shop), { "X-Shopify-Shop-Domain": shop });
      expect(response.status, topic).toBe(200);
    }
    for (const table of ["ShopToken", "TokenEvent"]) expect(await rowsOf(table, shop), table).toEqual([]);
  });
});

describe("while the database would not keep a new token", () => {
  it("a webhook that needs Shopify's word is answered 503: one pair at most is spent, kept, and stored when it is mended", async () => {
    const shops = ["app/uninstalled", "shop/redact"].map((topic) => ({
      topic,
      shop: `unfit-${topic.replace("/", "-")}.myshopify.com`,
    }));
    for (const { shop } of shops) {
      await sandbox.client.installShop(shop);
      await merchant.open(shop);
      // The job that follows an installation has run: it would refresh an expired pair as well.
      await expect.poll(() => rowsOf("Shop", shop), { timeout: 10_000 }).toHaveLength(1);
    }
    await database.current.query(
      `UPDATE "Session" SET "expires" = now() - interval '1 hour' WHERE "shop" LIKE 'unfit-%'`,
    );
    await database.current.query(`ALTER TABLE "Session" ADD COLUMN "updatedAt" timestamptz NOT NULL DEFAULT now()`);
    await database.current.query(`ALTER TABLE "Session" ALTER COLUMN "updatedAt" DROP DEFAULT`);
    // Shopify is asked, with a refresh, whose pair has to be kept.
    const deliver = (topic: string, shop: string) =>
      post(`/webhooks/${topic}`, bodyFor(shop), { "X-Shopify-Shop-Domain": shop });
    const refreshes = async () =>
      (await sandbox.client.ledger.calls({ grant: "refresh" })).filter(({ shop }) => shop.startsWith("unfit-")).length;
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
      await database.current.query(`ALTER TABLE "Session" DROP COLUMN "updatedAt"`);
    }
    for (const { topic, shop } of shops) {
      await expect.poll(async () => (await deliver(topic, shop)).status, { timeout: 10_000 }).toBe(200);
      // Installed, says Shopify: nothing is forgotten.
      const [row] = await database.current.query<{ accessToken: string; refreshToken: string }>(
        `SELECT "accessToken", "refreshToken" FROM "Session" WHERE "shop" = $1`,
        [shop],
      );
      expect(await sandbox.client.ledger.isCurrentPair(shop, row!), shop).toBe(true);
    }
  });
});

describe("while the database is away", () => {
  afterAll(() => way.mend());

  it.each([
    ["gone", () => way.sever()],
    ["silent", () => way.stall()],
  ])("and %s, an answer of 503 in time makes Shopify deliver again", async (_state, begin) => {
    begin();
    try {
      const startedAt = performance.now();
      const response = await post("/webhooks/app/uninstalled", bodyFor(SIGNED));
      expect(response.status).toBe(503);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    } finally {
      way.mend();
    }
    await expect
      .poll(async () => (await post("/webhooks/app/uninstalled", bodyFor(SIGNED))).status, { timeout: 10_000 })
      .toBe(200);
  });
});
