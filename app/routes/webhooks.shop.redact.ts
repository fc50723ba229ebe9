import { forgetShop } from "../migration/run/drop-shop-from-runs.ts";
import { webhookRoute } from "../webhooks/handle-webhook.server.ts";
import { services } from "../services.server.ts";

/** 48 hours after an uninstall: everything about the shop must go, unless it has installed the app again. */
const { loader, action } = webhookRoute("shop/redact", async ({ shop, triggeredAt }) => {
  const { db, jobs, tokens } = services;
  const { forgotten } = await tokens.recordRedacted(shop, triggeredAt);
  if (!forgotten) return;
  await jobs.forgetShop(shop);
  await forgetShop(db, shop);
});
export { loader, action };
