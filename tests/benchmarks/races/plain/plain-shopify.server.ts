import { setAbstractFetchFunc } from "@shopify/shopify-api/runtime";
import { PrismaSessionStorage } from "@shopify/shopify-app-session-storage-prisma";
import { AppDistribution, shopifyApp } from "@shopify/shopify-app-remix/server";
import { API_VERSION, services } from "../../../../app/services.server.ts";
import { openPrisma } from "../../../support/open-prisma.ts";

const { env } = services;

// Node's own, as the library's adapter for Node sets it; not the app's, which has timeouts.
setAbstractFetchFunc(globalThis.fetch);

/** The library as its documentation sets it up: expiring tokens on, sessions in Prisma. */
export const plainApp = shopifyApp({
  apiKey: env.SHOPIFY_API_KEY,
  apiSecretKey: env.SHOPIFY_API_SECRET,
  appUrl: env.SHOPIFY_APP_URL,
  scopes: [...env.SCOPES],
  apiVersion: API_VERSION,
  authPathPrefix: "/auth",
  distribution: AppDistribution.AppStore,
  sessionStorage: new PrismaSessionStorage(
    openPrisma(env.DATABASE_URL, {
      max: env.DATABASE_POOL_SIZE,
      statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
    }),
  ),
  future: { unstable_newEmbeddedAuthStrategy: true, expiringOfflineAccessTokens: true },
});
