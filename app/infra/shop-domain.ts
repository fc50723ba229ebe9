const SHOP = /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/;

/** A shop's permanent domain out of user input, or undefined when it is none. */
export function findShopDomain(text: string | null | undefined): string | undefined {
  const shop = text?.trim().toLowerCase();
  return shop && SHOP.test(shop) ? shop : undefined;
}
