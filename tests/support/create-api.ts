import "@shopify/shopify-api/adapters/web-api";
import { ApiVersion, LogSeverity, shopifyApi } from "@shopify/shopify-api";
import { TEST_APP } from "./sandbox.ts";

/** The library as the app configures it, over our fetch. */
export function createApi(secret: string = TEST_APP.clientSecret) {
  return shopifyApi({
    apiKey: TEST_APP.clientId,
    apiSecretKey: secret,
    scopes: TEST_APP.scopes,
    hostName: new URL(TEST_APP.url).host,
    apiVersion: ApiVersion.October26,
    isEmbeddedApp: true,
    logger: { level: LogSeverity.Error, log: async () => {} },
  });
}
