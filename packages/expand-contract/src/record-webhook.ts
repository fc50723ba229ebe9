import type { Tokens } from "../../../app/tokens/index.ts";

/** A webhook that was verified. */
export interface VerifiedWebhook {
  shop: string;
  /** As the header says it (`app/uninstalled`) or as the libraries name it (`APP_UNINSTALLED`). */
  topic: string;
  payload: unknown;
  /** When the event happened: the header `X-Shopify-Triggered-At`. */
  triggeredAt: Date;
}

/** `APP_UNINSTALLED`, however it was written. */
export function topicName(topic: string): string {
  return topic.toUpperCase().replaceAll("/", "_");
}

/** The header's time, or now where it is missing or odd. */
export function triggeredAt(header: string | null | undefined): Date {
  const at = Date.parse(header ?? "");
  return Number.isNaN(at) ? new Date() : new Date(at);
}

/**
 * What a webhook says about a shop's token is recorded before the app's own handler sees it: an uninstall (unless the shop is
 * installed again by now), the scopes that were granted, the end of all data.
 */
export async function recordWebhook(tokens: Tokens, webhook: VerifiedWebhook): Promise<void> {
  const { shop, payload, triggeredAt: at } = webhook;
  switch (topicName(webhook.topic)) {
    case "APP_UNINSTALLED":
      await tokens.recordUninstalled(shop, at);
      return;
    case "APP_SCOPES_UPDATE": {
      const { current } = (payload ?? {}) as { current?: unknown };
      if (Array.isArray(current)) await tokens.recordScopes(shop, current.map(String), at);
      return;
    }
    case "SHOP_REDACT":
      await tokens.recordRedacted(shop, at);
  }
}
