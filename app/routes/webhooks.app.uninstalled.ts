import { webhookRoute } from "../webhooks/handle-webhook.server.ts";
import { services } from "../services.server.ts";

/** The merchant removed the app: its tokens died before this arrived. A late delivery must not harm a fresh reinstall. */
const { loader, action } = webhookRoute("app/uninstalled", async ({ shop, triggeredAt }) => {
  await services.tokens.recordUninstalled(shop, triggeredAt);
});
export { loader, action };
