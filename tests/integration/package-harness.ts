import "@shopify/shopify-app-remix/adapters/node";
import { ApiVersion, AppDistribution, LogSeverity, shopifyApp } from "@shopify/shopify-app-remix/server";
import pg from "pg";
import { afterAll } from "vitest";
import { createTokens } from "../../packages/expand-contract/src/create-tokens.ts";
import { withTokens } from "../../packages/expand-contract/src/with-tokens.ts";
import { TEST_APP } from "../support/sandbox.ts";
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
