import { topicName } from "./named-shop.ts";

/** What Shopify adds to the parameters of an app proxy's visit, in the order in which it signs them. */
const SIGNED_IN_ORDER = ["path_prefix=/", "shop=", "timestamp="];
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
  let at = 0;
  return SIGNED_IN_ORDER.every((part) => {
    at = text.indexOf(part, at);
    return at !== -1;
  });
}

/** Whether no customer writes into the bodies of a topic. */
export function isTopicOfShopify(topic: string): boolean {
  return OF_SHOPIFY.includes(topicName(topic));
}
