import { webhookRoute } from "../webhooks/handle-webhook.server.ts";

/** A customer's data must go: this app stores nothing about customers. */
const route = webhookRoute("customers/redact", async () => {});

export const loader = route.loader;
export const action = route.action;
