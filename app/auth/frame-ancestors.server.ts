/**
 * The `Content-Security-Policy` of a page that may be shown inside Shopify Admin.
 * @param shop verified; without one the page shows nothing of a shop, and only Shopify's own Admin may frame it.
 * @see https://shopify.dev/docs/apps/build/security/set-up-iframe-protection
 */
export function frameAncestors(shop: string | undefined): string {
  return shop ? `frame-ancestors https://${shop} ${ADMIN}` : `frame-ancestors ${ADMIN}`;
}

/** Of a page that belongs outside of Shopify Admin. */
export const NEVER_FRAMED = "frame-ancestors 'none'";

const ADMIN = "https://admin.shopify.com";
