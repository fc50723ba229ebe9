import { InvalidShopError } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";

/**
 * The one form in which names of shops are compared: domain names do not tell upper from lower case. In SQL: `lower("shop")`.
 * @param shop as it was read or given.
 */
export function normalShopName(shop: string): string {
  return shop.toLowerCase();
}

/** A label of a domain name is no longer (RFC 1035 section 2.3.4); the Shopify library does not look. */
const LONGEST_LABEL = 63;

/**
 * The id of a shop's offline session.
 * @throws InvalidShopError for what cannot be a shop's name.
 */
export function offlineIdOf({ api }: Pick<TokenContext, "api">, shop: string): string {
  if (shop.split(".", 1)[0]!.length > LONGEST_LABEL) throw new InvalidShopError("The name is longer than any shop's");
  return api.session.getOfflineId(shop);
}

/** Whether that can be a shop's name: as the library is configured, custom domains included. */
export function isShopName(ctx: Pick<TokenContext, "api">, shop: string): boolean {
  try {
    return offlineIdOf(ctx, shop) !== "";
  } catch {
    return false;
  }
}

/** SQL, a regular expression: shop domains as the Shopify library takes them, in lower case, and not too long. */
export const SHOP_DOMAIN = `^[a-z0-9][a-z0-9_-]{0,${LONGEST_LABEL - 1}}\\.(myshopify\\.com|shopify\\.com|myshopify\\.io|shop\\.dev)$`;
