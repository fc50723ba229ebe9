/**
 * The one form in which names of shops are compared: domain names do not tell upper from lower case. In SQL: `lower("shop")`.
 * @param shop as it was read or given.
 */
export function normalShopName(shop: string): string {
  return shop.toLowerCase();
}
