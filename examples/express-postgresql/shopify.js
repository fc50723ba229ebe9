import { ApiVersion, shopifyApp } from "@shopify/shopify-app-express";
import { PostgreSQLSessionStorage } from "@shopify/shopify-app-session-storage-postgresql";

const { host } = new URL(process.env.SHOPIFY_APP_URL);

const shopify = shopifyApp({
  api: {
    apiKey: process.env.SHOPIFY_API_KEY,
    apiSecretKey: process.env.SHOPIFY_API_SECRET,
    apiVersion: ApiVersion.October26,
    scopes: process.env.SCOPES.split(","),
    hostName: host,
    hostScheme: "https",
  },
  auth: { path: "/api/auth", callbackPath: "/api/auth/callback" },
  webhooks: { path: "/api/webhooks" },
  sessionStorage: new PostgreSQLSessionStorage(process.env.DATABASE_URL),
});

export const sessionStorage = shopify.config.sessionStorage;
export default shopify;
