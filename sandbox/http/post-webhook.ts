import { request, type Dispatcher } from "undici";

import { WEBHOOK_TIMEOUT_MS } from "../platform/lifetimes.ts";
import type { WebhookJob } from "./build-webhook.ts";

export interface WebhookAnswer {
  id: string;
  /** 0: no answer; `body` says why. */
  status: number;
  body: string;
}

/** Names that never resolve (RFC 2606): nothing is sent there. */
const RESERVED_NAME = /\.(test|example|invalid)$/;

/** Sends a webhook once. Never throws: what went wrong is in the answer. */
export async function postWebhook(job: WebhookJob, dispatcher: Dispatcher): Promise<WebhookAnswer> {
  const { hostname } = new URL(job.url);
  if (RESERVED_NAME.test(hostname))
    return { id: job.id, status: 0, body: `${hostname} is only a name: set deliverTo.` };
  try {
    const answer = await request(job.url, {
      method: "POST",
      headers: job.headers,
      body: job.body,
      dispatcher,
      headersTimeout: WEBHOOK_TIMEOUT_MS,
      bodyTimeout: WEBHOOK_TIMEOUT_MS,
    });
    return { id: job.id, status: answer.statusCode, body: await answer.body.text() };
  } catch (error) {
    return { id: job.id, status: 0, body: error instanceof Error ? error.message : String(error) };
  }
}
