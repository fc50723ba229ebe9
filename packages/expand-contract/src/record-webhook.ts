import type { Shopify } from "@shopify/shopify-api";
import type { Problem } from "../../../app/operator/access/problem.ts";
import { findShopDomain } from "../../../app/infra/shop-domain.ts";
import { isShopName, normalShopName, type Tokens } from "../../../app/tokens/index.ts";
import { isMissing, lacksShop, topicName } from "../../../app/webhooks/named-shop.ts";
import { REFUSALS } from "../../../app/webhooks/webhook-refusal.ts";

/** A webhook that was verified. */
export interface VerifiedWebhook {
  shop: string;
  /** As the header says it (`app/uninstalled`) or as the libraries name it (`APP_UNINSTALLED`). */
  topic: string;
  payload: object;
  /** When the event happened: the header `X-Shopify-Triggered-At`. */
  triggeredAt: Date;
}

type Body = Record<string, unknown>;

/** The header's time, or now where it is missing, odd or yet to come: the header is not signed. */
export function triggeredAt(header: string | null | undefined): Date {
  const at = Date.parse(header ?? "");
  return Number.isNaN(at) ? new Date() : new Date(Math.min(at, Date.now()));
}

export const NO_FULFILLMENT: Problem = {
  status: 400,
  code: "not_a_fulfillment",
  detail: "The body is not one that Shopify sends to a fulfillment service.",
};

export const NO_FLOW: Problem = {
  status: 400,
  code: "not_a_flow_action",
  detail: "The body is not one that Shopify Flow sends: it names no shop.",
};

/**
 * A webhook's body as an object. Undefined for anything else: Shopify signs ID tokens and the addresses of the app with the same secret, and
 * none of these is an object.
 */
export function bodyOf(text: string): Body | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Body) : undefined;
  } catch {
    return undefined;
  }
}

/** The headers of a delivery, whatever server it came through. */
export interface DeliveryHeaders {
  topic: string;
  shop: string;
  hmac: string | undefined;
}

/** Subscriptions of the kind that Shopify calls events have headers of their own; the libraries take them first. */
export function deliveryHeaders(header: (name: string) => string | null | undefined): DeliveryHeaders {
  const prefix = header("shopify-hmac-sha256") ? "" : "x-";
  const read = (name: string) => header(`${prefix}shopify-${name}`) ?? "";
  return { topic: read("topic"), shop: read("shop-domain"), hmac: read("hmac-sha256") };
}

/** Whether a delivery has headers of both kinds that say different things: some libraries read one kind, and some the other. */
export function isAmbiguous(header: (name: string) => string | null | undefined): boolean {
  const isOfBoth = Boolean(header("shopify-hmac-sha256") && header("x-shopify-hmac-sha256"));
  return ["hmac-sha256", "shop-domain", "topic"].some((name) => {
    const [one, other] = [header(`shopify-${name}`), header(`x-shopify-${name}`)];
    return (isOfBoth || Boolean(one && other)) && (one ?? "") !== (other ?? "");
  });
}

/** Their usual handlers delete a shop's data or write its scopes, without looking at the topic: the templates give each an address of its own. */
const WITH_ADDRESS = ["APP_UNINSTALLED", "APP_SCOPES_UPDATE", "SHOP_REDACT"];

/**
 * Whether a webhook comes to the address of one of these topics (`/webhooks/app/uninstalled`) under the name of another. The topic is not
 * signed, and Shopify is only asked about what it names.
 * @param url as it was requested; routers match it in any letters, and with an escaped or a trailing character.
 */
export function isMisdelivered({ pathname }: URL, topic: string): boolean {
  const path = topicName(decoded(pathname))
    .split("_")
    .filter(Boolean)
    .join("_")
    .replace(/_DATA$/, "");
  return WITH_ADDRESS.some((name) => `_${path}`.endsWith(`_${name}`) && topicName(topic) !== name);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * Why a signed body does not go with its headers, which are not signed: they name no shop, it names another one, or none where Shopify may
 * not be asked about it. Shops at custom domains of the app's settings are shops. Undefined where it goes with them; whether a body is signed the library decides.
 */
export function findDisagreement(
  api: Shopify,
  body: Body,
  { shop, topic }: Pick<DeliveryHeaders, "shop" | "topic">,
): Problem | undefined {
  if (!isShopOf(api, shop)) return REFUSALS.shop;
  const named = [body.myshopify_domain, body.shop_domain, body.shopify_domain].filter((one) => !isMissing(one));
  const isOther = named.some((one) => typeof one !== "string" || normalShopName(one) !== normalShopName(shop));
  if (isOther) return REFUSALS.otherShop;
  return lacksShop(body, topic) ? REFUSALS.noShop : undefined;
}

/** Shopify's headers name myshopify.com; other domains are shops' where the app's settings have domains of their own. */
export function isShopOf(api: Shopify, shop: string): boolean {
  if (findShopDomain(shop)) return true;
  const { domainTransformations, customShopDomains } = api.config as CustomDomains;
  const hasDomains = [domainTransformations, customShopDomains].some((domains) => (domains?.length ?? 0) > 0);
  return hasDomains && isShopName({ api }, normalShopName(shop));
}

/** The setting's name since @shopify/shopify-api 15, and before. */
interface CustomDomains {
  domainTransformations?: readonly unknown[];
  customShopDomains?: readonly unknown[];
}

/** What the app's own handler is called with; undefined: it is not called, for Shopify says otherwise than the webhook. */
export type Recorded = { payload: object; hasSession: boolean } | undefined;

/**
 * What a webhook says about a shop's token is recorded before the app's own handler sees it: an uninstall, the scopes that were granted, the
 * end of all data. Its signature covers the body alone, neither topic nor shop, so of each of them Shopify is asked.
 * A shop that still has the app, or that Shopify cannot speak for, is none of the app's own handler's: what it would delete cannot be brought
 * back, and Shopify does not send `shop/redact` of a shop that has installed the app again.
 */
export async function recordWebhook(tokens: Tokens, webhook: VerifiedWebhook): Promise<Recorded> {
  const { shop, payload, triggeredAt: at } = webhook;
  switch (topicName(webhook.topic)) {
    case "APP_UNINSTALLED": {
      const { forgotten } = await tokens.recordUninstalled(shop, at);
      // What was stored since may belong to a new installation: the usual handler deletes by shop when it sees a session.
      return forgotten ? { payload, hasSession: false } : undefined;
    }
    case "APP_SCOPES_UPDATE": {
      // The usual handler writes what the payload says.
      const current = await tokens.updateScopes(shop);
      return current ? { payload: { ...payload, current }, hasSession: true } : { payload, hasSession: false };
    }
    case "SHOP_REDACT": {
      const { forgotten } = await tokens.recordRedacted(shop, at);
      return forgotten ? { payload, hasSession: false } : undefined;
    }
    default:
      return { payload, hasSession: true };
  }
}
