import { createHmac, timingSafeEqual } from "node:crypto";
import type { Shopify } from "@shopify/shopify-api";
import { normalShopName, type Tokens } from "../../../app/tokens/index.ts";
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

/** `APP_UNINSTALLED`, however it was written. */
export function topicName(topic: string): string {
  return topic.toUpperCase().replaceAll("/", "_");
}

/** The header's time, or now where it is missing, odd or yet to come: the header is not signed. */
export function triggeredAt(header: string | null | undefined): Date {
  const at = Date.parse(header ?? "");
  return Number.isNaN(at) ? new Date() : new Date(Math.min(at, Date.now()));
}

/** A webhook's body as an object; empty for anything else, which says nothing. */
export function bodyOf(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The same, read only where Shopify signed it: a stranger's may be large, and slow to read. Who is answered what, the library decides. */
export function signedBodyOf(
  { config }: Shopify,
  text: string,
  hmac: string | null | undefined,
): Record<string, unknown> {
  const expected = createHmac("sha256", config.apiSecretKey).update(text).digest();
  const given = Buffer.from(hmac ?? "", "base64");
  return given.length === expected.length && timingSafeEqual(given, expected) ? bodyOf(text) : {};
}

/** Whether the signed body names another shop than the header, which is not signed: such a webhook is refused. */
export function isAboutOtherShop(body: Record<string, unknown>, shopHeader: string | null | undefined): boolean {
  if (!shopHeader) return false;
  const named = [body.myshopify_domain, body.shop_domain].filter((one) => one !== undefined);
  return named.some((one) => typeof one !== "string" || normalShopName(one) !== normalShopName(shopHeader));
}

/** What a webhook is answered whose header and body name different shops. */
export const SHOPS_DISAGREE = REFUSALS.otherShop;

/**
 * What a webhook says about a shop's token is settled before the app's own handler sees it: an uninstall, the scopes that were granted, the
 * end of all data. Its signature covers the body alone, neither topic nor shop, so of each of them Shopify is asked.
 * @returns the payload for the app's own handler, with the scopes that Shopify confirmed; undefined where nothing is to be done with the
 * session any more.
 */
export async function recordWebhook(tokens: Tokens, webhook: VerifiedWebhook): Promise<object | undefined> {
  const { shop, payload, triggeredAt: at } = webhook;
  switch (topicName(webhook.topic)) {
    case "APP_UNINSTALLED":
      // What was stored since may belong to a new installation: the usual handler deletes by shop when it sees a session.
      await tokens.recordUninstalled(shop, at);
      return undefined;
    case "APP_SCOPES_UPDATE": {
      // The usual handler writes what the payload says.
      const current = await tokens.updateScopes(shop);
      return current && { ...payload, current };
    }
    case "SHOP_REDACT":
      await tokens.recordRedacted(shop, at);
  }
  return payload;
}
