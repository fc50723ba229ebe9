import { webhookRoute } from "../webhooks/handle-webhook.server.ts";

/** A customer asks what is stored about them: this app stores nothing about customers. */
const route = webhookRoute("customers/data_request", async () => {});

export const loader = route.loader;
export const action = route.action;
