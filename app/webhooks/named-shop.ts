import { findShopDomain } from "../infra/shop-domain.ts";

/** A webhook's body, which is signed; the shop in its header is not. */
type Body = Record<string, unknown>;

/**
 * Whether a body names another shop than the header does. Each topic's body names its shop in fields of its own (`app/scopes_update` in
 * none). `domain` is the shop's own domain where it has one, so it only counts when it is a permanent domain.
 */
export function namesOtherShop({ myshopify_domain, shop_domain, domain }: Body, shop: string): boolean {
  const named = [myshopify_domain, shop_domain].filter((one) => one !== undefined);
  if (named.some((one) => typeof one !== "string" || findShopDomain(one) !== shop)) return true;
  const permanent = typeof domain === "string" ? findShopDomain(domain) : undefined;
  return permanent !== undefined && permanent !== shop;
}
