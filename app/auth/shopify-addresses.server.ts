import { services } from "../services.server.ts";

const { env } = services;

/** Where a merchant finds the embedded app inside Shopify Admin. */
export function embeddedAppUrl(shop: string): string {
  return `https://${adminOf(shop)}/apps/${env.SHOPIFY_API_KEY}`;
}

/** Where Shopify itself asks the merchant to install the app (Shopify-managed installation). */
export function managedInstallUrl(shop: string): string {
  return `https://${adminOf(shop)}/oauth/install?client_id=${encodeURIComponent(env.SHOPIFY_API_KEY)}`;
}

/** Where the authorization code grant begins. */
export function authorizationCodeUrl(shop: string): string {
  return `${env.SHOPIFY_APP_URL}/auth?shop=${encodeURIComponent(shop)}`;
}

/** Our page that leaves the iframe for `destination`: pages of Shopify refuse to be framed. */
export function exitIframePath(shop: string, destination: string): string {
  return `/auth/exit-iframe?${new URLSearchParams({ shop, host: adminHost(shop), exitIframe: destination })}`;
}

/** The `host` parameter with which Shopify Admin opens an app: App Bridge finds the Admin by it. */
export function adminHost(shop: string): string {
  return Buffer.from(adminOf(shop)).toString("base64");
}

function adminOf(shop: string): string {
  return `admin.shopify.com/store/${shop.replace(/\.myshopify\.com$/, "")}`;
}
