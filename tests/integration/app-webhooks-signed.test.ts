// Proves that a webhook is believed for its signature alone, for the shop and topic that are signed, and that anything else is refused unhandled.
import { describe, expect, it } from "vitest";
import { bodyFor, SIGNED, WEBHOOK_TOPICS } from "../support/app-requests.ts";
import { signBody } from "../support/signatures.ts";
import { appHarness } from "./app-harness.ts";

const PREVIOUS_SECRET = "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";

const world = appHarness({
  simulator: { app: { tomlPath: "shopify.app.toml" } },
  delivers: true,
  env: { SHOPIFY_API_SECRET_PREVIOUS: PREVIOUS_SECRET },
});

const sessionsOf = (shop: string) => world.rowsOf("Session", shop);

const { postWebhook: post } = world;

describe("verification", () => {
  it.each(WEBHOOK_TOPICS)("%s with a wrong signature is answered 401 and not handled", async (topic) => {
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
      const response = await fetch(`${world.app.url}/webhooks/app/uninstalled`, { method });
      expect(response.status, method).toBe(405);
      expect(response.headers.get("allow"), method).toBe("POST");
    }
  });

  it("takes the other client secret while it is rotated", async () => {
    const body = bodyFor(SIGNED);
    const hmac = signBody(body, PREVIOUS_SECRET);
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
    await world.sandbox.client.installShop(shop);
    await world.merchant.open(shop);
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
      await world.sandbox.client.installShop(pair);
      await world.merchant.open(pair);
      const { accessToken } = await world.sandbox.client.installShop(permanent, { token: "permanent" });
      await world.database.query(
        `INSERT INTO "Session" (id, shop, state, scope, "accessToken") VALUES ('offline_' || $1, $1, '', 'read_products', $2)`,
        [permanent, accessToken],
      );
      // By the app's history the installation is older than the webhook by far.
      await world.database.query(
        `UPDATE expand_contract."ShopToken" SET "acquiredAt" = now() - interval '1 day' WHERE shop = $1`,
        [pair],
      );
      const rows = () => world.database.query(`SELECT * FROM "Session" WHERE shop = ANY($1) ORDER BY shop`, [shops]);
      const before = await rows();
      for (const shop of shops) {
        for (const topic of WEBHOOK_TOPICS) {
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

  it("of a body that names no shop forgets what Shopify says is gone, and of no frozen shop, which Shopify cannot speak for", async () => {
    const shops = ["installed", "frozen", "gone"].map((kind) => `nameless-${kind}.myshopify.com`);
    const [installed, frozen, gone] = shops as [string, string, string];
    for (const shop of shops) {
      const { accessToken } = await world.sandbox.client.installShop(shop, { token: "permanent" });
      await world.database.query(
        `INSERT INTO "Session" (id, shop, state, "accessToken") VALUES ('offline_' || $1, $1, '', $2)`,
        [shop, accessToken],
      );
    }
    await world.sandbox.client.freeze(frozen);
    await world.sandbox.client.uninstall(gone, { webhook: false });
    const send = (topic: string, shop: string) =>
      post(`/webhooks/${topic}`, '{"id":1,"myshopify_domain":null,"current":["read_products"]}', {
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Triggered-At": new Date().toISOString(),
      });
    for (const shop of shops) {
      const redaction = await send("shop/redact", shop);
      expect(redaction.status, shop).toBe(400);
      expect(await redaction.json()).toMatchObject({ code: "shop_not_named" });
      for (const topic of ["customers/redact", "customers/data_request"]) {
        expect((await send(topic, shop)).status, topic).toBe(200);
      }
    }
    expect(await world.sandbox.client.ledger.calls({ shop: frozen })).toEqual([]);
    for (const shop of shops) expect((await send("app/uninstalled", shop)).status, shop).toBe(200);
    for (const shop of [installed, frozen]) expect(await sessionsOf(shop), shop).toHaveLength(1);
    expect(await sessionsOf(gone)).toEqual([]);
  });

  it("of a shop of which nothing is stored leaves nothing", async () => {
    const shop = "never-seen.myshopify.com";
    await world.sandbox.client.installShop(shop, { token: "none" });
    for (const topic of ["app/uninstalled", "shop/redact"]) {
      const response = await post(`/webhooks/${topic}`, bodyFor(shop), { "X-Shopify-Shop-Domain": shop });
      expect(response.status, topic).toBe(200);
    }
    for (const table of ["ShopToken", "TokenEvent"]) expect(await world.rowsOf(table, shop), table).toEqual([]);
  });
});
