import { setTimeout as sleep } from "node:timers/promises";
import type { ActionFunctionArgs } from "@remix-run/node";
import { isDatabaseUnable } from "../infra/database/is-database-outage.ts";
import { problemResponse, type Problem } from "../operator/access/problem.ts";
import { services } from "../services.server.ts";
import { ConfigurationError, StorageUnfitError, TransientError, UnreadableTokenError } from "../tokens/index.ts";
import { verifyWebhook, type Webhook } from "./verify-webhook.ts";
import { WebhookRefusedError } from "./webhook-refusal.ts";

export type { Webhook };

/** Shopify waits 5 s for an answer, and counts a late one as a failure. */
const ANSWER_WITHIN_MS = 4_500;

const { log, metrics, signers } = services;

/**
 * Makes the loader and action of a webhook route: verifies the delivery, runs `handle`, answers 200. Needs no token and loads no
 * session. What cannot be trusted or read is answered 401 or 400 in words. While the database or Shopify is away, and when
 * `handle` takes longer than Shopify waits, the answer is 503, so that Shopify delivers again: `handle` must be safe to repeat.
 * @param topic as in the `X-Shopify-Topic` header, e.g. `app/uninstalled`.
 * @param handle may throw `WebhookRefusedError` for a body without the fields of its topic.
 */
export function webhookRoute(topic: string, handle: (webhook: Webhook) => Promise<void>) {
  const action = async ({ request }: ActionFunctionArgs): Promise<Response> => {
    if (request.method !== "POST") return methodNotAllowed();
    let webhook: Webhook | undefined;
    try {
      webhook = await verifyWebhook(request, { topic, signers, receivedAt: new Date() });
      await within(ANSWER_WITHIN_MS, handle(webhook));
    } catch (error) {
      return answerTo(error, topic, webhook);
    }
    metrics.webhooks.inc({ topic, result: "handled" });
    log.info({ shop: webhook.shop, webhookId: webhook.id, topic }, "webhook handled");
    return new Response(null, { status: 200 });
  };
  return { action, loader: methodNotAllowed };
}

function answerTo(error: unknown, topic: string, webhook: Webhook | undefined): Response {
  const delivery = { topic, shop: webhook?.shop, webhookId: webhook?.id };
  if (error instanceof WebhookRefusedError) {
    metrics.webhooks.inc({ topic, result: "refused" });
    log.warn({ ...delivery, reason: error.refusal.code }, "webhook refused");
    return problemResponse(error.refusal);
  }
  metrics.webhooks.inc({ topic, result: "failed" });
  log.error({ err: error, ...delivery }, "webhook not handled; Shopify will deliver it again");
  const mayWorkLater = isDatabaseUnable(error) || LATER.some((kind) => error instanceof kind);
  return mayWorkLater ? problemResponse(TRY_AGAIN, { "Retry-After": "5" }) : problemResponse(FAILED);
}

class TooSlowError extends Error {
  override name = "TooSlowError";
}

/** What passes by itself, or once the database, a key or the configuration is mended. */
const LATER = [TransientError, ConfigurationError, StorageUnfitError, UnreadableTokenError, TooSlowError];

/** What is still under way goes on; the redelivery finds it done. */
async function within(limitMs: number, work: Promise<void>): Promise<void> {
  work.catch((error: unknown) => log.debug({ err: error }, "a webhook ended badly"));
  const limit = sleep(limitMs, undefined, { ref: false }).then(() => {
    throw new TooSlowError(`no result after ${limitMs} ms`);
  });
  await Promise.race([work, limit]);
}

async function methodNotAllowed(): Promise<Response> {
  return new Response(null, { status: 405, headers: { Allow: "POST" } });
}

const TRY_AGAIN: Problem = {
  status: 503,
  code: "try_again",
  detail: "The app cannot take this delivery now. Nothing is lost: deliver it again.",
};
const FAILED: Problem = {
  status: 500,
  code: "not_handled",
  detail: "This delivery could not be handled. The app's log says why.",
};
