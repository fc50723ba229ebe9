import { webhookRoute } from "../webhooks/handle-webhook.server.ts";
import { services } from "../services.server.ts";

/** 48 hours after an uninstall: everything about the shop must go, unless it has installed the app again. */
const route = webhookRoute("shop/redact", async ({ shop }) => {
  const { db, tokens } = services;
  const { forgotten } = await tokens.recordRedacted(shop);
  if (forgotten)
    await db.$transaction([db.shop.deleteMany({ where: { shop } }), db.parkedJob.deleteMany({ where: { shop } })]);
});

export const loader = route.loader;
export const action = route.action;
