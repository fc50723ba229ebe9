import { webhookRoute } from "../handle-webhook.server.ts";
import { services } from "../services.server.ts";

/** 48 hours after an uninstall: everything about the shop must go, unless it has installed the app again. */
const route = webhookRoute("shop/redact", async ({ shop }) => {
  const { forgotten } = await services.tokens.recordRedacted(shop);
  if (forgotten) await services.db.shop.deleteMany({ where: { shop } });
});

export const loader = route.loader;
export const action = route.action;
