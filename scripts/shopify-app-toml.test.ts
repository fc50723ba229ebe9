// Proves that shopify.app.toml says what the app is written for.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiVersion } from "@shopify/shopify-api";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "./project-root.ts";

interface AppToml {
  application_url: string;
  embedded: boolean;
  access_scopes: { scopes: string; use_legacy_install_flow: boolean };
  auth: { redirect_urls: string[] };
  webhooks: {
    api_version: string;
    subscriptions: { topics?: string[]; compliance_topics?: string[]; uri: string }[];
  };
}

const toml = parse(readFileSync(join(PROJECT_ROOT, "shopify.app.toml"), "utf8")) as unknown as AppToml;

describe("shopify.app.toml", () => {
  test("asks for the API version that the app's queries are written against", () => {
    expect(toml.webhooks.api_version).toBe(ApiVersion.October26);
  });

  test("subscribes to what the app must hear, each topic at a route of its own", () => {
    const { subscriptions } = toml.webhooks;
    const topics = subscriptions.flatMap(({ topics = [], compliance_topics = [] }) => [
      ...topics,
      ...compliance_topics,
    ]);
    expect(topics.sort()).toEqual([
      "app/scopes_update",
      "app/uninstalled",
      "customers/data_request",
      "customers/redact",
      "shop/redact",
    ]);
    for (const { topics, compliance_topics, uri } of subscriptions) {
      const [topic] = topics ?? compliance_topics ?? [];
      expect(uri).toBe(`/webhooks/${topic}`);
      const route = `app/routes/webhooks.${topic?.replace("/", ".")}.ts`;
      expect(existsSync(join(PROJECT_ROOT, route)), route).toBe(true);
    }
  });

  test("lets Shopify come back to the callback of the authorization code grant, at the app's own address", () => {
    expect(toml.auth.redirect_urls).toEqual([`${toml.application_url}/auth/callback`]);
    expect(toml.embedded).toBe(true);
  });

  test("begins where an app with permanent tokens is: with the legacy install flow", () => {
    expect(toml.access_scopes.use_legacy_install_flow).toBe(true);
  });
});
