import { findShopDomain } from "../infra/shop-domain.ts";

/** A webhook's body, which is signed; the shop in its header is not. */
type Body = Record<string, unknown>;

/**
 * Whether a body lacks the name of its shop where it must not. The header is not signed: by a body without a name, of whatever topic and
 * shop, it could be any. Of `shop/redact` Shopify cannot always be asked (a frozen or closed shop); before anything else is forgotten it is,
 * so an uninstall may come without: what `shopify app webhook trigger` sends has null for a name, and a subscription's
 * `include_fields` can leave it out.
 * @param topic `shop/redact`, or as the libraries name it.
 */
export function lacksShop({ shop_domain }: Body, topic: string): boolean {
  return topicName(topic) === "SHOP_REDACT" && isMissing(shop_domain);
}

/** `APP_UNINSTALLED`, as the libraries name it; Shopify's header has `app/uninstalled`. */
export function topicName(topic: string): string {
  return topic.toUpperCase().replace(/\W/g, "_");
}

/**
 * Whether a body names another shop than the header does. Each topic's body names its shop in fields of its own (`app/scopes_update` in
 * none), or with null for a name. `domain` is the shop's own domain where it has one, so it only counts when it is a permanent domain.
 */
export function namesOtherShop({ myshopify_domain, shop_domain, domain }: Body, shop: string): boolean {
  const named = [myshopify_domain, shop_domain].filter((one) => !isMissing(one));
  if (named.some((one) => typeof one !== "string" || findShopDomain(one) !== shop)) return true;
  const permanent = typeof domain === "string" ? findShopDomain(domain) : undefined;
  return permanent !== undefined && permanent !== shop;
}

/** Whether a field says nothing of a shop. */
export function isMissing(name: unknown): boolean {
  return name === undefined || name === null;
}
