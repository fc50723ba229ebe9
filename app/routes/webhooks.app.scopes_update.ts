import { z } from "zod";
import { webhookRoute } from "../webhooks/handle-webhook.server.ts";
import { requireShopDomain } from "../jobs/shop-domain.ts";
import { services } from "../services.server.ts";

const payloadSchema = z.object({ current: z.array(z.string()) });

/** The merchant granted or withdrew access scopes. */
const route = webhookRoute("app/scopes_update", async ({ shop, payload }) => {
  const { current } = payloadSchema.parse(payload);
  await services.tokens.recordScopes(shop, current);
  await services.jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
});

export const loader = route.loader;
export const action = route.action;
