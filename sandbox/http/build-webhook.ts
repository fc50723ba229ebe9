import { createHmac } from "node:crypto";

import { requireShop, signingSecret, type PlatformState } from "../platform/state.ts";
import type { WebhookDelivery, WebhookOptions } from "../platform/types.ts";
import { webhookPayload } from "../platform/webhooks/payloads.ts";
import type { AppToml } from "../platform/webhooks/subscriptions.ts";

/** One webhook on its way: built once, so that every retry and replay carries the same body, ids and signature. */
export interface WebhookJob {
  readonly id: string;
  readonly shop: string;
  readonly topic: string;
  readonly url: string;
  readonly body: string;
  readonly headers: Record<string, string>;
  /** How often each attempt is sent at once. */
  readonly copies: number;
  readonly retry: boolean;
  state: WebhookDelivery["state"];
  attempts: { at: number; status?: number; error?: string }[];
  /** Simulated time of the next attempt. */
  nextAt?: number;
}

/** Builds and signs a webhook for one subscription's `uri`, due now or after `delayMs`. */
export function buildWebhook(
  state: PlatformState,
  toml: AppToml | undefined,
  webhook: {
    id: string;
    shop: string;
    topic: string;
    uri: string;
    payload?: unknown;
    held: boolean;
    options: WebhookOptions;
  },
): WebhookJob {
  const { topic, payload, options } = webhook;
  const shop = requireShop(state, webhook.shop);
  const body = typeof payload === "string" ? payload : JSON.stringify(payload ?? webhookPayload(state, shop, topic));
  const secret = options.secret ?? signingSecret(state).value;
  const signed = options.badSignature ? `${body} ` : body;
  return {
    id: webhook.id,
    shop: shop.domain,
    topic,
    url: targetUrl(state, webhook.uri),
    body,
    copies: options.copies ?? 1,
    retry: options.retry ?? true,
    state: webhook.held ? "held" : "scheduled",
    attempts: [],
    nextAt: state.clock.now() + (options.delayMs ?? 0),
    headers: {
      "content-type": "application/json",
      "user-agent": "Shopify-Captain-Hook",
      "x-shopify-topic": topic,
      "x-shopify-hmac-sha256": createHmac("sha256", secret).update(signed).digest("base64"),
      "x-shopify-shop-domain": shop.domain,
      "x-shopify-api-version": options.apiVersion ?? toml?.apiVersion ?? "2026-10",
      "x-shopify-webhook-id": options.webhookId ?? state.random.uuid(),
      "x-shopify-event-id": options.eventId ?? state.random.uuid(),
      "x-shopify-triggered-at": options.triggeredAt ?? new Date(state.clock.now()).toISOString(),
    },
  };
}

/** A path, or a URL below the app's own, goes to where the app really listens; any other URL is taken as it is. */
function targetUrl({ app }: PlatformState, uri: string): string {
  if (uri.startsWith("/")) return app.deliverTo + uri;
  if (!URL.canParse(uri)) return `${app.deliverTo}/${uri}`;
  const url = new URL(uri);
  return url.origin === new URL(app.url).origin ? app.deliverTo + url.pathname + url.search : uri;
}

export function viewWebhook(job: WebhookJob): WebhookDelivery {
  return {
    id: job.id,
    shop: job.shop,
    topic: job.topic,
    state: job.state,
    attempts: job.attempts.map((one) => ({ ...one, at: new Date(one.at).toISOString() })),
    nextAttemptAt: job.nextAt === undefined ? undefined : new Date(job.nextAt).toISOString(),
  };
}
