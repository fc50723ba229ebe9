import { webhookRoute } from "../webhooks/handle-webhook.server.ts";

/** A customer's data must go: this app stores nothing about customers. */
const { loader, action } = webhookRoute("customers/redact", async () => {});
export { loader, action };
