import type { ActionFunctionArgs } from "@remix-run/node";
import type { Webhook } from "../../../../app/webhooks/handle-webhook.server.ts";
import { plainApp } from "./plain-shopify.server.ts";

export type { Webhook };

/** What the library's template does in a webhook route. */
export function webhookRoute(_topic: string, _handle: (webhook: Webhook) => Promise<void>) {
  const action = async ({ request }: ActionFunctionArgs): Promise<Response> => {
    await plainApp.authenticate.webhook(request);
    return new Response(null, { status: 200 });
  };
  const loader = async () => new Response(null, { status: 405 });
  return { action, loader };
}
