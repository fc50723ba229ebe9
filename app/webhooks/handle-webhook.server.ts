import type { ActionFunctionArgs } from "@remix-run/node";
import { isDatabaseOutage } from "../infra/is-database-outage.ts";
import { services } from "../services.server.ts";
import { tokenExchangeApp } from "../shopify.server.ts";

/** A verified webhook. It never comes with a token: the shop may have none any more. */
export interface Webhook {
  shop: string;
  payload: Record<string, unknown>;
  /** When it happened at Shopify; deliveries may be late, repeated and out of order. */
  triggeredAt: Date;
}

/**
 * Makes the loader and action of a webhook route: verifies the signature, runs `handle`, answers 200. No live token is needed,
 * and Shopify is not asked for one. Whatever `handle` throws becomes 500 (503 while
 * the database is away), so that Shopify delivers again; it must therefore be
 * safe to repeat.
 * @param topic as in the `X-Shopify-Topic` header, e.g. `app/uninstalled`.
 */
export function webhookRoute(topic: string, handle: (webhook: Webhook) => Promise<void>) {
  const { log, metrics, tokens } = services;

  const action = async ({ request }: ActionFunctionArgs): Promise<Response> => {
    if (request.method !== "POST") return methodNotAllowed();
    const receivedAt = new Date();
    const delivery = await tokens
      .withRequest({ kind: "webhook" }, () => tokenExchangeApp.authenticate.webhook(request))
      .catch((thrown: unknown) => {
        metrics.webhooks.inc({ topic, result: "refused" });
        throw thrown;
      });
    const { shop, webhookId } = delivery;
    if (normalized(delivery.topic) !== normalized(topic)) {
      log.warn({ shop, webhookId, topic: delivery.topic, expected: topic }, "a webhook came to the address of another");
      metrics.webhooks.inc({ topic, result: "misdirected" });
      return new Response(null, { status: 400 });
    }
    try {
      const triggeredAt = new Date(delivery.triggeredAt ?? NaN);
      await handle({
        shop,
        payload: delivery.payload as Record<string, unknown>,
        triggeredAt: Number.isNaN(triggeredAt.getTime()) ? receivedAt : triggeredAt,
      });
    } catch (error) {
      metrics.webhooks.inc({ topic, result: "failed" });
      log.error({ err: error, shop, webhookId, topic }, "webhook not handled; Shopify will deliver it again");
      return new Response(null, { status: isDatabaseOutage(error) ? 503 : 500 });
    }
    metrics.webhooks.inc({ topic, result: "handled" });
    log.info({ shop, webhookId, topic }, "webhook handled");
    return new Response(null, { status: 200 });
  };
  return { action, loader: methodNotAllowed };
}

async function methodNotAllowed(): Promise<Response> {
  return new Response(null, { status: 405, headers: { Allow: "POST" } });
}

/** The library speaks of APP_UNINSTALLED, Shopify's header of app/uninstalled. */
function normalized(topic: string): string {
  return topic.toUpperCase().replace(/\W/g, "_");
}
