/**
 * The one form in which names of shops are compared: domain names do not tell upper from lower case. In SQL: `lower("shop")`.
 * @param shop as it was read or given.
 */
export function normalShopName(shop: string): string {
  return shop.toLowerCase();
}

/** SQL, a regular expression: shop domains as the Shopify library takes them, in lower case. */
export const SHOP_DOMAIN = "^[a-z0-9][a-z0-9_-]*\\.(myshopify\\.com|shopify\\.com|myshopify\\.io|shop\\.dev)$";
