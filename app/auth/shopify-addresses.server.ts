import { services } from "../services.server.ts";

const { env } = services;

/** Where a merchant finds the embedded app inside Shopify Admin. */
export function embeddedAppUrl(shop: string): string {
  return `https://admin.shopify.com/store/${storeName(shop)}/apps/${env.SHOPIFY_API_KEY}`;
}

/** Where Shopify itself asks the merchant to install the app (Shopify-managed installation). */
export function managedInstallUrl(shop: string): string {
  return `https://admin.shopify.com/store/${storeName(shop)}/oauth/install?client_id=${encodeURIComponent(env.SHOPIFY_API_KEY)}`;
}

/** Where the authorization code grant begins. */
export function authorizationCodeUrl(shop: string): string {
  return `${env.SHOPIFY_APP_URL}/auth?shop=${encodeURIComponent(shop)}`;
}

/** The way to install the app that belongs to the phase. */
export function installUrl(shop: string): string {
  return env.phase === "contract" ? managedInstallUrl(shop) : authorizationCodeUrl(shop);
}

function storeName(shop: string): string {
  return shop.replace(/\.myshopify\.com$/, "");
}
