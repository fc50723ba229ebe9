import { z } from "zod";

declare const brand: unique symbol;

/**
 * A shop's permanent domain in its one normal form: lower case, `<name>.myshopify.com`. Branded, so that no other text (a token above
 * all) passes for one: the only way to get a `ShopDomain` is to have it checked.
 */
export type ShopDomain = string & { readonly [brand]: "shop domain" };

/**
 * A label of a domain name has 63 characters at most (RFC 1035 section 2.3.4). Matched before the text is put in lower case, which makes
 * a `k` of the Kelvin sign.
 */
const SHOP_DOMAIN = /^[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com$/i;
/** Longest text that can be a shop's domain, with some blanks around it. Longer text is not looked at. */
const MAX_LENGTH = 255;

/** A shop's permanent domain out of user input, or undefined when it is none. */
export function findShopDomain(text: string | null | undefined): ShopDomain | undefined {
  if (!text || text.length > MAX_LENGTH) return undefined;
  const shop = text.trim();
  return SHOP_DOMAIN.test(shop) ? (shop.toLowerCase() as ShopDomain) : undefined;
}

/** For schemas. The message never repeats what was given: it may be a token. */
export const shopDomainSchema = z.string({ error: "must be a shop's domain" }).transform((text, context) => {
  const shop = findShopDomain(text);
  if (shop) return shop;
  context.addIssue("must be a shop's domain, e.g. a-shop.myshopify.com");
  return z.NEVER;
});

/** Text that was to be a shop's domain and is not. Does not repeat the text. */
export class NotAShopDomainError extends Error {
  readonly code = "not_a_shop_domain";
  constructor() {
    super("A shop is named by its domain, e.g. a-shop.myshopify.com; what was given is something else");
    this.name = "NotAShopDomainError";
  }
}

/**
 * Checks that text is a shop's domain.
 * @throws NotAShopDomainError
 */
export function requireShopDomain(text: string): ShopDomain {
  const shop = findShopDomain(text);
  if (!shop) throw new NotAShopDomainError();
  return shop;
}
