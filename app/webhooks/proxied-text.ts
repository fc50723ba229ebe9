import { topicName } from "./named-shop.ts";

/** What Shopify adds to the parameters of an app proxy's visit, in the order in which it signs them; the time's digits follow. */
const SIGNED_IN_ORDER = ["path_prefix=", "shop=", ".myshopify.com", "timestamp="];
const TIME = /\d{9}/;
/** Their bodies say what Shopify and the merchant wrote; in those of others, as orders, a customer may have written anything. */
const OF_SHOPIFY = [
  "APP_UNINSTALLED",
  "APP_SCOPES_UPDATE",
  "SHOP_REDACT",
  "CUSTOMERS_REDACT",
  "CUSTOMERS_DATA_REQUEST",
];

/**
 * Whether a signed text may be that of an app proxy's visit. Shopify signs both with one secret, and a visitor can choose parameters that
 * make the text of a visit a JSON object, for any shop; what one sees of its signature opens no other door.
 * @see https://shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies
 */
export function isProxiedText(text: string): boolean {
  let rest = text;
  for (const part of SIGNED_IN_ORDER) {
    const at = rest.indexOf(part);
    if (at === -1) return false;
    rest = rest.slice(at + part.length);
  }
  return TIME.test(rest);
}

/** Whether no customer writes into the bodies of a topic. */
export function isTopicOfShopify(topic: string): boolean {
  return OF_SHOPIFY.includes(topicName(topic));
}
