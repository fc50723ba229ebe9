/** Where a visitor's browser finds each of the hosts that the simulator plays. No trailing slashes. */
export interface Addresses {
  /** Origin of the Admin, `https://admin.shopify.com` to the app. */
  admin: string;
  /** Prefix of the content delivery network, `https://cdn.shopify.com` to the app. */
  cdn: string;
  /** Origin of the app under test. */
  app: string;
  /** Prefix of one shop, `https://{shop}.myshopify.com` to the app. */
  shop(shop: string): string;
}

export const ADMIN_HOST = "admin.shopify.com";
export const CDN_HOST = "cdn.shopify.com";
export const SHOP_HOST = /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/i;

/** The addresses that the app itself knows: those of the real platform, and the app's own https URL. */
export function publicAddresses(appUrl: string): Addresses {
  return {
    admin: `https://${ADMIN_HOST}`,
    cdn: `https://${CDN_HOST}`,
    app: new URL(appUrl).origin,
    shop: (shop) => `https://${shop}`,
  };
}

/**
 * The addresses of an ordinary browser on this machine, which cannot map hosts. Every host but the app's lives under the
 * Admin's port: `/@{host}/…` is that host, anything else is the Admin.
 */
export function localAddresses(adminPort: number, appPort: number): Addresses {
  const admin = `http://localhost:${adminPort}`;
  return {
    admin,
    cdn: `${admin}/@${CDN_HOST}`,
    app: `http://localhost:${appPort}`,
    shop: (shop) => `${admin}/@${shop}`,
  };
}

/** Splits a path of the local Admin port into the host it plays and the path on that host. */
export function splitLocalPath(path: string): { host: string; path: string } {
  const match = /^\/@([^/?]+)(.*)$/.exec(path);
  const host = match?.[1]?.toLowerCase();
  if (!host || (host !== CDN_HOST && !SHOP_HOST.test(host))) return { host: ADMIN_HOST, path };
  const rest = match?.[2] ?? "";
  return { host, path: rest.startsWith("/") ? rest : `/${rest}` };
}

/** `my-store` of `my-store.myshopify.com`: the name in the Admin's addresses. */
export function storeHandle(shop: string): string {
  return shop.replace(/\.myshopify\.com$/i, "");
}

/** `my-store.myshopify.com` of `my-store`. */
export function shopOfStore(store: string): string {
  return `${store.toLowerCase()}.myshopify.com`;
}
