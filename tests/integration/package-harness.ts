import "@shopify/shopify-app-remix/adapters/node";
import { ApiVersion, AppDistribution, LogSeverity, shopifyApp } from "@shopify/shopify-app-remix/server";
import pg from "pg";
import { afterAll } from "vitest";
import { createTokens } from "../../packages/expand-contract/src/create-tokens.ts";
import { withTokens } from "../../packages/expand-contract/src/with-tokens.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { BROWSER_USER_AGENT } from "../support/browser.ts";
import { signBody } from "../support/signatures.ts";
import { createApi } from "../support/create-api.ts";
import { tokensHarness } from "./tokens-harness.ts";

export const PREVIOUS = TEST_APP.clientSecret;
export const CURRENT = "shpss_package_doors_0123456789abcdef01";

/** Apps that have adopted the package, over a real database and the simulator. For a whole test file. */
export function packageHarness() {
  const h = tokensHarness();
  const pools: pg.Pool[] = [];
  afterAll(() => Promise.all(pools.map((pool) => pool.end())));

  function adopter({ secret = TEST_APP.clientSecret, previousSecret = undefined as string | undefined } = {}) {
    const pool = new pg.Pool({ connectionString: h.database.url, max: 4 });
    pools.push(pool);
    const quiet = { debug() {}, info() {}, warn() {}, error() {} };
    const sessions = { layout: "prisma" } as const;
    const api = createApi(secret);
    const tokens = createTokens({
      database: pool,
      sessions,
      phase: "expand",
      api,
      previousSecret,
      clock: h.now,
      log: quiet,
    });
    const library = shopifyApp({
      apiKey: TEST_APP.clientId,
      apiSecretKey: secret,
      apiVersion: ApiVersion.October26,
      scopes: TEST_APP.scopes,
      appUrl: TEST_APP.url,
      authPathPrefix: "/auth",
      sessionStorage: tokens.sessionStorage,
      distribution: AppDistribution.AppStore,
      future: { unstable_newEmbeddedAuthStrategy: true, expiringOfflineAccessTokens: true },
      logger: { level: LogSeverity.Error, log: async () => {} },
    });
    return { pool, tokens, api, authenticate: withTokens(library, tokens).authenticate };
  }

  let rotated: Promise<unknown> | undefined;
  /** From now on there are two secrets; Shopify signs with the older one. */
  const rotate = () => (rotated ??= h.sandbox.client.rotateSecret(CURRENT));

  return { h, adopter, rotate };
}

interface Sent {
  body?: object | string;
  secret?: string;
  path?: string;
  prefix?: string;
}

/** A webhook, or another signed body, as Shopify delivers it. */
export function delivery(
  shop: string,
  topic: string,
  { body, secret, path = "/webhooks", prefix = "x-" }: Sent = {},
): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body ?? { myshopify_domain: shop, shop_domain: shop });
  return new Request(TEST_APP.url + path, {
    method: "POST",
    body: text,
    headers: {
      "Content-Type": "application/json",
      "User-Agent": BROWSER_USER_AGENT,
      [`${prefix}shopify-topic`]: topic,
      [`${prefix}shopify-shop-domain`]: shop,
      [`${prefix}shopify-api-version`]: "2026-10",
      [`${prefix}shopify-webhook-id`]: "1",
      [`${prefix}shopify-triggered-at`]: new Date().toISOString(),
      [`${prefix}shopify-hmac-sha256`]: signBody(text, secret),
    },
  });
}

/** Whether the app's own code behind `authenticate` is reached, and else what is answered. */
export const reach = (authenticated: Promise<unknown>) =>
  authenticated.then(
    () => "reached",
    (thrown: unknown) => (thrown instanceof Response ? thrown.status : Promise.reject(thrown as Error)),
  );
