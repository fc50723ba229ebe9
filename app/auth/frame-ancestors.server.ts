import { findShopDomain } from "../infra/shop-domain.ts";

/**
 * The `Content-Security-Policy` of a document: only the Shopify Admin of the shop it is for may frame it; nobody may frame a
 * page without a shop.
 */
export function frameAncestors(request: Request): string {
  const shop = findShopDomain(new URL(request.url).searchParams.get("shop"));
  return shop ? `frame-ancestors https://${shop} https://admin.shopify.com` : "frame-ancestors 'none'";
}
