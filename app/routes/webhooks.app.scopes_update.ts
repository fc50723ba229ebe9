import { z } from "zod";
import { webhookRoute } from "../webhooks/handle-webhook.server.ts";
import { REFUSALS, WebhookRefusedError } from "../webhooks/webhook-refusal.ts";
import { requireShopDomain } from "../infra/shop-domain.ts";
import { services } from "../services.server.ts";

const bodySchema = z.object({ current: z.array(z.string().regex(/^[\w:/.-]{1,100}$/)).max(500) });

/** The merchant granted or withdrew access scopes. Which ones Shopify is asked: the body names no shop, and the header is not signed. */
const { loader, action } = webhookRoute("app/scopes_update", async ({ shop, body }) => {
  if (!bodySchema.safeParse(body).success) throw new WebhookRefusedError(REFUSALS.payload);
  const granted = await services.tokens.updateScopes(shop);
  if (granted) await services.jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
});
export { loader, action };
