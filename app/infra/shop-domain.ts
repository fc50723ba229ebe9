/** A label of a domain name has 63 characters at most (RFC 1035 section 2.3.4). */
const SHOP = /^[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com$/;
const LONGEST = 255;

/** A shop's permanent domain out of user input, or undefined when it is none. */
export function findShopDomain(text: string | null | undefined): string | undefined {
  if (!text || text.length > LONGEST) return undefined;
  const shop = text.trim().toLowerCase();
  return SHOP.test(shop) ? shop : undefined;
}
