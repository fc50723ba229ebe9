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

/**
 * Our page that leaves the iframe for `destination`: pages of Shopify refuse to be framed.
 * @param locale the Admin's, for its words.
 */
export function exitIframePath(shop: string, destination: string, locale: string | undefined): string {
  const query = new URLSearchParams({ shop, host: adminHost(shop), exitIframe: destination });
  if (locale) query.set("locale", locale);
  return `/auth/exit-iframe?${query}`;
}

/** A page of ours in the language of the Admin. @param locale the Admin's, where the address of the request named one. */
export function inLanguage(path: string, locale: string | null | undefined): string {
  if (!locale) return path;
  return `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams({ locale })}`;
}

/** The `host` parameter with which Shopify Admin opens an app: App Bridge finds the Admin by it. */
export function adminHost(shop: string): string {
  return Buffer.from(adminOf(shop)).toString("base64");
}

function adminOf(shop: string): string {
  return `admin.shopify.com/store/${shop.replace(/\.myshopify\.com$/, "")}`;
}
