import { z } from "zod";

declare const brand: unique symbol;

/**
 * A shop's permanent domain. Branded, so that no other text (a token above all) passes for one: the only way to get a
 * `ShopDomain` is to have it checked.
 */
export type ShopDomain = string & { readonly [brand]: "shop domain" };

const SHOP_DOMAIN = /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/;

export const shopDomainSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(255)
  // The message must not repeat what was given: it may be a token.
  .regex(SHOP_DOMAIN, "must be a shop's domain, e.g. a-shop.myshopify.com")
  .transform((text) => text as ShopDomain);

/** Text that was to be a shop's domain and is not. Does not repeat the text. */
export class NotAShopDomainError extends Error {
  readonly code = "not_a_shop_domain";
  constructor() {
    super("A job names a shop by its domain, e.g. a-shop.myshopify.com; what was given is something else");
    this.name = "NotAShopDomainError";
  }
}

/**
 * Checks that text is a shop's domain.
 * @throws NotAShopDomainError
 */
export function requireShopDomain(text: string): ShopDomain {
  const parsed = shopDomainSchema.safeParse(text);
  if (!parsed.success) throw new NotAShopDomainError();
  return parsed.data;
}
