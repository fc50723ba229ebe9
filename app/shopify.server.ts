import "@shopify/shopify-app-remix/adapters/node";
import { shopifyApp, type AppDistribution } from "@shopify/shopify-app-remix/server";
import { API_VERSION, services } from "./services.server.ts";
import { shopifyLogger } from "./process/shopify-logger.server.ts";

const { env, log, tokens } = services;

/** Acquires by exchanging the ID token of the merchant's request. The authorization code grant is in app/auth/install. */
export const tokenExchangeApp = shopifyApp({
  apiKey: env.SHOPIFY_API_KEY,
  apiSecretKey: env.SHOPIFY_API_SECRET,
  appUrl: env.SHOPIFY_APP_URL,
  scopes: [...env.SCOPES],
  apiVersion: API_VERSION,
  authPathPrefix: "/auth",
  distribution: env.APP_DISTRIBUTION as AppDistribution,
  sessionStorage: tokens.sessionStorage,
  logger: shopifyLogger(log),
  // From expand on, nothing that this app acquires is permanent.
  future: { unstable_newEmbeddedAuthStrategy: true, expiringOfflineAccessTokens: env.phase !== "legacy" },
});
