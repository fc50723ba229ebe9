// Proves that Shopify's addresses become local ones on the way out, and back again on the way in.
import { describe, expect, it } from "vitest";
import { localAddresses, splitLocalPath } from "./addresses.ts";
import { createAddressTranslator } from "./translate-addresses.ts";

const translator = createAddressTranslator("https://app.sandbox.test", localAddresses(4000, 4001));

describe("text on its way to the browser", () => {
  it.each([
    ["https://admin.shopify.com/store/a/apps/x", "http://localhost:4000/store/a/apps/x"],
    ["https://a.myshopify.com/admin/oauth/authorize", "http://localhost:4000/@a.myshopify.com/admin/oauth/authorize"],
    [
      "<https://cdn.shopify.com/shopifycloud/app-bridge.js>",
      "<http://localhost:4000/@cdn.shopify.com/shopifycloud/app-bridge.js>",
    ],
    ['window.open("https://app.sandbox.test/auth?shop=a")', 'window.open("http://localhost:4001/auth?shop=a")'],
    [String.raw`{"u":"https:\/\/app.sandbox.test\/a"}`, String.raw`{"u":"http:\/\/localhost:4001\/a"}`],
    ["See https://admin.shopify.com.", "See http://localhost:4000."],
  ])("maps %s", (from, to) => {
    expect(translator.toLocal(from)).toBe(to);
  });

  it.each([
    "https://admin.shopify.com.evil.example/",
    "https://app.sandbox.test:8443/",
    "https://other.example/?shop=a.myshopify.com",
    "a.myshopify.com",
    "redirect_uri=https%3A%2F%2Fapp.sandbox.test%2Fauth%2Fcallback",
  ])("leaves %s alone", (text) => {
    expect(translator.toLocal(text)).toBe(text);
  });

  it("gives policies origins without paths, and no upgrade to https", () => {
    expect(
      translator.policyToLocal(
        "frame-ancestors https://a.myshopify.com https://admin.shopify.com https://*.spin.dev; upgrade-insecure-requests; script-src https://cdn.shopify.com https://app.sandbox.test",
      ),
    ).toBe(
      "frame-ancestors http://localhost:4000 http://localhost:4000 https://*.spin.dev; script-src http://localhost:4000 http://localhost:4001",
    );
  });
});

describe("text on its way to the app", () => {
  it("turns Origin and Referer back", () => {
    expect(translator.toPublic("http://localhost:4001")).toBe("https://app.sandbox.test");
    expect(translator.toPublic("http://localhost:4000/@a.myshopify.com/admin")).toBe("https://a.myshopify.com/admin");
    expect(translator.toPublic("http://localhost:40001/x")).toBe("http://localhost:40001/x");
  });

  it("keeps a signed query byte for byte, and turns back a value that carries a local address", () => {
    const signed = "code=a%2Fb&hmac=00ff&host=YWRtaW4%3D&timestamp=1";
    expect(translator.queryToPublic(signed)).toBe(signed);
    expect(translator.queryToPublic("a=1&exitIframe=http%3A%2F%2Flocalhost%3A4001%2Fauth%3Fshop%3Da")).toBe(
      `a=1&exitIframe=${encodeURIComponent("https://app.sandbox.test/auth?shop=a")}`,
    );
  });
});

describe("splitLocalPath", () => {
  it.each([
    ["/store/a", "admin.shopify.com", "/store/a"],
    ["/@a.myshopify.com/admin/x?y=1", "a.myshopify.com", "/admin/x?y=1"],
    ["/@cdn.shopify.com", "cdn.shopify.com", "/"],
    ["/@evil.example/x", "admin.shopify.com", "/@evil.example/x"],
  ])("%s plays %s", (path, host, rest) => {
    expect(splitLocalPath(path)).toEqual({ host, path: rest });
  });
});
