// Proves that webhook subscriptions are read from shopify.app.toml.
import { expect, test } from "vitest";

import { normalizeTopic, parseAppToml } from "./subscriptions.ts";

test("reads topics, compliance topics, the API version and the redirect URLs", () => {
  const toml = parseAppToml(`
[auth]
redirect_urls = ["https://app.example/auth/callback"]
[webhooks]
api_version = "2026-10"
[[webhooks.subscriptions]]
topics = ["app/uninstalled", "APP_SCOPES_UPDATE"]
uri = "/webhooks/app"
[[webhooks.subscriptions]]
compliance_topics = ["shop/redact"]
uri = "https://app.example/privacy"
`);
  expect(toml).toEqual({
    apiVersion: "2026-10",
    redirectUrls: ["https://app.example/auth/callback"],
    subscriptions: [
      { topic: "app/uninstalled", uri: "/webhooks/app" },
      { topic: "app/scopes_update", uri: "/webhooks/app" },
      { topic: "shop/redact", uri: "https://app.example/privacy" },
    ],
  });
});

test("an app without webhooks has no subscriptions; what is not TOML is refused", () => {
  expect(parseAppToml('name = "x"').subscriptions).toEqual([]);
  expect(() => parseAppToml("not [ toml")).toThrow();
});

test("topics are the same in both spellings", () => {
  expect(normalizeTopic("CUSTOMERS_DATA_REQUEST")).toBe("customers/data_request");
  expect(normalizeTopic("customers/data_request")).toBe("customers/data_request");
});
