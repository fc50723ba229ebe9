import { findShopDomain } from "../infra/shop-domain.ts";

/** A webhook's body, which is signed; the shop in its header is not. */
type Body = Record<string, unknown>;

/** Where Shopify's body of a topic names its shop; `app/scopes_update` names none. */
const NAMED_IN: Record<string, string> = {
  APP_UNINSTALLED: "myshopify_domain",
  SHOP_REDACT: "shop_domain",
  CUSTOMERS_REDACT: "shop_domain",
  CUSTOMERS_DATA_REQUEST: "shop_domain",
};

/**
 * Whether a body lacks the name of its shop, though Shopify's of this topic have it. The header is not signed: by such a body, of whatever
 * topic and shop, it could be any.
 * @param topic `app/uninstalled`, or as the libraries name it.
 */
export function lacksShop(body: Body, topic: string): boolean {
  const field = NAMED_IN[topic.toUpperCase().replaceAll("/", "_")];
  return field !== undefined && body[field] === undefined;
}

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
