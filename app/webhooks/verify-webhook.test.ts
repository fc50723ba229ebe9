// Proves that a delivery is taken only when signature, headers and body fit, and is refused in words whatever else is sent.
import "@shopify/shopify-api/adapters/web-api";
import { createHmac } from "node:crypto";
import { ApiVersion, shopifyApi } from "@shopify/shopify-api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyWebhook } from "./verify-webhook.ts";
import { WebhookRefusedError } from "./webhook-refusal.ts";

const SECRET = "shpss_00000000000000000000000000000000";
const PREVIOUS = "shpss_11111111111111111111111111111111";
const SHOP = "a-shop.myshopify.com";
const NAMED = `{"myshopify_domain":"${SHOP}","shop_domain":"${SHOP}"}`;
/** What Shopify signs of a visit to /apps/x of another shop, with a parameter whose name begins with a brace, and `z`. */
const VISIT = `{"shop_domain":"${SHOP}","x":"=logged_in_customer_id=path_prefix=/apps/xshop=b.myshopify.comtimestamp=1795000000z="}`;
const receivedAt = new Date("2026-11-27T03:00:00.000Z");

const signerOf = (apiSecretKey: string) =>
  shopifyApi({
    apiKey: "key",
    apiSecretKey,
    hostName: "app.example.com",
    apiVersion: ApiVersion.October26,
    isEmbeddedApp: true,
    logger: { log: async () => {} },
  });
const signers = [signerOf(SECRET), signerOf(PREVIOUS)];

interface Delivery {
  topic?: string;
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  secret?: string;
}

function deliver({ topic = "app/uninstalled", body = NAMED, headers = {}, secret = SECRET }: Delivery) {
  const all = new Headers({
    "X-Shopify-Topic": topic,
    "X-Shopify-Shop-Domain": SHOP,
    "X-Shopify-API-Version": "2026-10",
    "X-Shopify-Webhook-Id": "5e0f6d3c-3a0e-4c6f-9f8e-1d2c3b4a5f60",
    "X-Shopify-Triggered-At": "2026-11-27T02:59:59.123456789Z",
    "X-Shopify-Hmac-Sha256": createHmac("sha256", secret).update(body).digest("base64"),
  });
  for (const [name, value] of Object.entries(headers)) {
    if (value === "") all.delete(name);
    else all.set(name, value);
  }
  const request = new Request("https://app.example.com/webhooks", { method: "POST", headers: all, body });
  return verifyWebhook(request, { topic, signers, receivedAt });
}

const refusalOf = (delivery: Delivery) =>
  deliver(delivery).then(
    () => "taken",
    (error: unknown) => {
      if (!(error instanceof WebhookRefusedError)) throw error;
      return error.refusal.code;
    },
  );

describe("verifyWebhook", () => {
  it("gives what was signed", async () => {
    expect(await deliver({ body: `{"id":1,"myshopify_domain":"${SHOP}","domain":"www.a-shop.com"}` })).toEqual({
      shop: SHOP,
      topic: "app/uninstalled",
      apiVersion: "2026-10",
      id: "5e0f6d3c-3a0e-4c6f-9f8e-1d2c3b4a5f60",
      triggeredAt: new Date("2026-11-27T02:59:59.123Z"),
      body: { id: 1, myshopify_domain: SHOP, domain: "www.a-shop.com" },
    });
  });

  it("writes the shop as everything else does", async () => {
    const { shop } = await deliver({ headers: { "X-Shopify-Shop-Domain": "A-Shop.MyShopify.com" } });
    expect(shop).toBe(SHOP);
  });

  it("takes either secret while they are rotated, and no third", async () => {
    expect(await refusalOf({ secret: PREVIOUS })).toBe("taken");
    expect(await refusalOf({ secret: "shpss_22222222222222222222222222222222" })).toBe("wrong_signature");
  });

  it.each([
    ["without a signature", { headers: { "X-Shopify-Hmac-Sha256": "" } }, "unsigned_webhook"],
    ["signed twice", { headers: { "X-Shopify-Hmac-Sha256": "AAAA, AAAA" } }, "wrong_signature"],
    [
      "with a signature of other bytes",
      { body: "{} ", headers: { "X-Shopify-Hmac-Sha256": "AAAA" } },
      "wrong_signature",
    ],
    ["with an empty body", { body: "" }, "wrong_signature"],
    ["of bytes that are no text", { body: new Uint8Array([0x7b, 0xff, 0x7d]) }, "body_not_utf8"],
    ["with an array as body", { body: "[]" }, "body_not_an_object"],
    ["with null as body", { body: "null" }, "body_not_an_object"],
    ["with half a body", { body: '{"a":' }, "body_not_an_object"],
    ["of two shops", { headers: { "X-Shopify-Shop-Domain": `${SHOP}, b.myshopify.com` } }, "invalid_shop"],
    ["of a shop elsewhere", { headers: { "X-Shopify-Shop-Domain": "a-shop.example.com" } }, "invalid_shop"],
    [
      "of a shop of 300 characters",
      { headers: { "X-Shopify-Shop-Domain": `${"a".repeat(300)}.myshopify.com` } },
      "invalid_shop",
    ],
    ["without a shop", { headers: { "X-Shopify-Shop-Domain": "" } }, "invalid_headers"],
    ["without an id", { headers: { "X-Shopify-Webhook-Id": "" } }, "invalid_headers"],
    ["with two ids", { headers: { "X-Shopify-Webhook-Id": "1, 2" } }, "invalid_headers"],
    ["of two versions", { headers: { "X-Shopify-API-Version": "2026-10, 2026-07" } }, "invalid_headers"],
    ["of another topic", { headers: { "X-Shopify-Topic": "shop/redact" } }, "other_topic"],
    ["of two topics", { headers: { "X-Shopify-Topic": "app/uninstalled, app/uninstalled" } }, "other_topic"],
    ["of a redaction that names no shop", { topic: "shop/redact", body: "{}" }, "shop_not_named"],
    ["of a redaction with null for a shop", { topic: "shop/redact", body: '{"shop_domain":null}' }, "shop_not_named"],
    ["of an uninstall that names none", { body: "{}" }, "taken"],
    ["of an uninstall with null for a shop, as the CLI sends", { body: '{"myshopify_domain":null}' }, "taken"],
    ["of scopes, which name none", { topic: "app/scopes_update", body: '{"current":[]}' }, "taken"],
    ["whose body names another shop", { body: '{"myshopify_domain":"b.myshopify.com"}' }, "shops_disagree"],
    ["whose body is about another shop", { body: '{"shop_domain":"b.myshopify.com"}' }, "shops_disagree"],
    ["whose body has another permanent domain", { body: '{"domain":"b.myshopify.com"}' }, "shops_disagree"],
    ["whose shop is no text", { body: '{"shop_domain":{"a":1}}' }, "shops_disagree"],
    ["whose shop holds NUL", { body: `{"shop_domain":"${SHOP}\\u0000"}` }, "shops_disagree"],
    ["that is a visit through an app proxy", { body: VISIT }, "signed_as_a_visit"],
    [
      "about a customer whose address is odd",
      {
        topic: "customers/redact",
        body: `{"shop_domain":"${SHOP}","customer":{"email":"path_prefix=/shop=timestamp=@x.example"}}`,
      },
      "taken",
    ],
    ["of year 0", { headers: { "X-Shopify-Triggered-At": "0000-01-01T00:00:00Z" } }, "invalid_triggered_at"],
    ["of year 275760", { headers: { "X-Shopify-Triggered-At": "+275760-09-13T00:00:00Z" } }, "invalid_triggered_at"],
    ["of no time", { headers: { "X-Shopify-Triggered-At": "yesterday" } }, "invalid_triggered_at"],
    ["of the 32nd", { headers: { "X-Shopify-Triggered-At": "2026-11-32T00:00:00Z" } }, "invalid_triggered_at"],
  ] as [string, Delivery, string][])("refuses a delivery %s", async (_name, delivery, code) => {
    expect(await refusalOf(delivery)).toBe(code);
  });

  it("holds nothing to have happened long after it arrived", async () => {
    const { triggeredAt } = await deliver({ headers: { "X-Shopify-Triggered-At": "2099-01-01T00:00:00Z" } });
    expect(triggeredAt).toEqual(new Date("2026-11-28T03:00:00.000Z"));
  });

  it("takes the time of arrival when it was sent without one", async () => {
    expect((await deliver({ headers: { "X-Shopify-Triggered-At": "" } })).triggeredAt).toEqual(receivedAt);
  });

  it("refuses in words whatever is signed, and gives only what fits", async () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    const headerText = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((c) => String.fromCharCode(c)) });
    const shopText = fc.oneof(fc.constant(SHOP), fc.constant("b.myshopify.com"), text, fc.jsonValue());
    const body = fc.oneof(
      fc.record({ myshopify_domain: shopText, shop_domain: shopText, domain: shopText }, { requiredKeys: [] }),
      fc.jsonValue(),
      text,
    );
    const headers = fc.record(
      {
        "X-Shopify-Shop-Domain": fc.oneof(fc.constant(SHOP), headerText),
        "X-Shopify-Triggered-At": fc.oneof(fc.date().map(String), headerText),
        "X-Shopify-Webhook-Id": headerText,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(body, headers, async (value, sent) => {
        try {
          const webhook = await deliver({ body: JSON.stringify(value), headers: sent });
          expect(webhook.shop).toBe(SHOP);
          for (const named of [webhook.body.myshopify_domain, webhook.body.shop_domain])
            expect([undefined, SHOP]).toContain(named);
        } catch (error) {
          if (!(error instanceof WebhookRefusedError)) throw error;
        }
      }),
      { numRuns: 100 },
    );
  });
});
