/** Proves that headers of a webhook are taken for a shop's where Shopify sends them, or the app has domains of its own, and no others; that those of two kinds must agree, and what comes to the address of another topic. */
import "@shopify/shopify-api/adapters/web-api";
import { ApiVersion, type Shopify, shopifyApi } from "@shopify/shopify-api";
import { expect, test } from "vitest";
import { findDisagreement, isAmbiguous, isMisdelivered } from "./record-webhook.ts";

const apiWith = (domains: object) =>
  shopifyApi({
    apiKey: "key",
    apiSecretKey: "secret",
    apiVersion: ApiVersion.October26,
    hostName: "app.example",
    isEmbeddedApp: true,
    ...domains,
  });
const PLAIN = apiWith({});
const CUSTOM = apiWith({
  domainTransformations: [{ match: /^([a-zA-Z0-9-_]+)\.my\.custom\.test$/, transform: "$1.my.custom.test" }],
});
const codeOf = (api: Shopify, shop: string, body = {}, topic = "app/uninstalled") =>
  findDisagreement(api, body, { shop, topic })?.code;

test.each([
  [PLAIN, "a.myshopify.com"],
  [PLAIN, "A.myshopify.com"],
  [CUSTOM, "a.myshopify.com"],
  [CUSTOM, "a.my.custom.test"],
])("a shop's (%#)", (api, shop) => {
  expect(codeOf(api, shop)).toBeUndefined();
  expect(codeOf(api, shop, { myshopify_domain: shop.toLowerCase() })).toBeUndefined();
  expect(codeOf(api, shop, { myshopify_domain: null })).toBeUndefined();
  expect(codeOf(api, shop, { myshopify_domain: "b.myshopify.com" })).toBe("shops_disagree");
  expect(codeOf(api, shop, {}, "SHOP_REDACT")).toBe("shop_not_named");
});

test.each(["", "evil.example", "a.my.custom.test", "a.myshopify.com.evil.example", `${"a".repeat(64)}.myshopify.com`])(
  "%s is no shop's",
  (shop) => {
    expect(codeOf(PLAIN, shop)).toBe("invalid_shop");
  },
);

test("nor is another domain where the app has some", () => {
  expect(codeOf(CUSTOM, "evil.example")).toBe("invalid_shop");
  expect(codeOf(CUSTOM, `${"a".repeat(64)}.my.custom.test`)).toBe("invalid_shop");
});

const BOTH = {
  "shopify-hmac-sha256": "h",
  "x-shopify-hmac-sha256": "h",
  "shopify-shop-domain": "a.myshopify.com",
  "x-shopify-shop-domain": "a.myshopify.com",
  "shopify-topic": "orders/create",
  "x-shopify-topic": "orders/create",
};
test.each<[string, Record<string, string | undefined>, boolean]>([
  ["the same twice", BOTH, false],
  ["two signatures", { ...BOTH, "shopify-hmac-sha256": "g" }, true],
  ["two shops", { ...BOTH, "x-shopify-shop-domain": "b.myshopify.com" }, true],
  ["two topics", { ...BOTH, "x-shopify-topic": "app/uninstalled" }, true],
  ["two signatures and one topic", { ...BOTH, "shopify-topic": undefined, "x-shopify-topic": "app/uninstalled" }, true],
  ["one kind", { "x-shopify-hmac-sha256": "h", "x-shopify-topic": "orders/create" }, false],
  [
    "one signature and two topics",
    { ...BOTH, "shopify-hmac-sha256": undefined, "shopify-topic": "app/uninstalled" },
    true,
  ],
])("headers of both kinds that say different things are ambiguous: %s", (_, headers, expected) => {
  expect(isAmbiguous((name) => headers[name])).toBe(expected);
});

test.each<[string, string, boolean]>([
  ["/webhooks/app/uninstalled", "orders/create", true],
  ["/webhooks/app/uninstalled", "app/scopes_update", true],
  ["/webhooks/app/uninstalled", "", true],
  ["/WEBHOOKS/App/Uninstall%65d//", "orders/create", true],
  ["/webhooks/app/uninstalled.data", "orders/create", true],
  ["/webhooks/app/uninstalled%E0", "orders/create", false],
  ["/app-uninstalled", "orders/create", true],
  ["/webhooks/app/scopes_update", "orders/create", true],
  ["/webhooks/shop/redact", "customers/redact", true],
  ["/webhooks/app/uninstalled", "app/uninstalled", false],
  ["/webhooks/app/uninstalled", "APP_UNINSTALLED", false],
  ["/webhooks", "app/uninstalled", false],
  ["/webhooks/orders/create", "orders/create", false],
])("whether %s is the address of another topic than %s", (path, topic, expected) => {
  expect(isMisdelivered(new URL(path, "https://app.example"), topic)).toBe(expected);
});
