import { webhookRoute } from "../webhooks/handle-webhook.server.ts";
import { namesItsShop } from "../webhooks/named-shop.ts";
import { services } from "../services.server.ts";

/** The merchant removed the app: its tokens died before this arrived. A late delivery must not harm a fresh reinstall. */
const route = webhookRoute("app/uninstalled", async (webhook) => {
  const { shop, triggeredAt } = webhook;
  await services.tokens.recordUninstalled(shop, triggeredAt, { isCertain: namesItsShop(webhook.body) });
});

export const loader = route.loader;
export const action = route.action;
