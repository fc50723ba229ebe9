// Proves that responses are rewritten for the front they go through.
import { expect, it } from "vitest";
import { localAddresses } from "./addresses.ts";
import { headersToLocal, isRewritten } from "./rewrite-response.ts";
import { createAddressTranslator } from "./translate-addresses.ts";

const translator = createAddressTranslator("https://app.sandbox.test", localAddresses(4000, 4001));

it("rewrites every header that names a host, and drops what belongs to https or to one connection", () => {
  expect(
    headersToLocal(
      {
        location: "https://a.myshopify.com/admin/oauth/authorize?redirect_uri=https%3A%2F%2Fapp.sandbox.test%2Fauth",
        link: '<https://cdn.shopify.com/shopifycloud/app-bridge.js>; rel="preload"; as="script";',
        "x-shopify-api-request-failure-reauthorize-url": "https://app.sandbox.test/auth?shop=a.myshopify.com",
        "content-security-policy": "frame-ancestors https://a.myshopify.com https://admin.shopify.com;",
        "strict-transport-security": "max-age=1",
        connection: "keep-alive",
        "x-remix-response": "yes",
      },
      translator,
    ),
  ).toEqual({
    location:
      "http://localhost:4000/@a.myshopify.com/admin/oauth/authorize?redirect_uri=https%3A%2F%2Fapp.sandbox.test%2Fauth",
    link: '<http://localhost:4000/@cdn.shopify.com/shopifycloud/app-bridge.js>; rel="preload"; as="script";',
    "x-shopify-api-request-failure-reauthorize-url": "http://localhost:4001/auth?shop=a.myshopify.com",
    "content-security-policy": ["frame-ancestors http://localhost:4000 http://localhost:4000;"],
    "x-remix-response": "yes",
  });
});

it.each([
  [
    "state=1; path=/auth/callback; samesite=lax; secure; httponly",
    "state=1; path=/auth/callback; samesite=lax; httponly",
  ],
  ["a=b; SameSite=None; Secure", "a=b; SameSite=None; Secure"],
  ["a=b; Domain=app.sandbox.test; Path=/", "a=b; Path=/"],
])("makes the cookie %s usable on http://localhost", (from, to) => {
  expect(headersToLocal({ "set-cookie": [from] }, translator)["set-cookie"]).toEqual([to]);
});

it.each([
  ["text/html; charset=utf-8", true],
  ["text/javascript", true],
  ["text/x-script; charset=utf-8", true],
  ["text/event-stream", false],
  ["image/png", false],
  [undefined, false],
])("a body of type %s is rewritten: %s", (type, rewritten) => {
  expect(isRewritten(type)).toBe(rewritten);
});
