/** Proves that headers of a webhook are taken for a shop's where Shopify sends them, or the app has domains of its own, and no others. */
import "@shopify/shopify-api/adapters/web-api";
import { ApiVersion, type Shopify, shopifyApi } from "@shopify/shopify-api";
import { expect, test } from "vitest";
import { findDisagreement } from "./record-webhook.ts";

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
