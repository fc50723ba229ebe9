import { webhookRoute } from "../webhooks/handle-webhook.server.ts";

/** A customer asks what is stored about them: this app stores nothing about customers. */
const { loader, action } = webhookRoute("customers/data_request", async () => {});
export { loader, action };
