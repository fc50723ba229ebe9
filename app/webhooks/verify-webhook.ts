import { WebhookType, WebhookValidationErrorReason, type Shopify } from "@shopify/shopify-api";
import { findShopDomain } from "../infra/shop-domain.ts";
import { lacksShop, namesOtherShop, topicName } from "./named-shop.ts";
import { isProxiedText } from "./proxied-text.ts";
import { REFUSALS, WebhookRefusedError } from "./webhook-refusal.ts";

/** What Shopify signed, checked. It never comes with a token: the shop may have none any more. */
export interface Webhook {
  shop: string;
  /** As in the `X-Shopify-Topic` header, e.g. `app/uninstalled`. */
  topic: string;
  apiVersion: string;
  /** Identifies the delivery; the same in each redelivery. */
  id: string;
  /** When it happened at Shopify; deliveries may be late, repeated and out of order. */
  triggeredAt: Date;
  body: Record<string, unknown>;
}

interface WebhookExpectations {
  topic: string;
  /** One per client secret that may have signed: during a rotation Shopify uses the oldest one that is not revoked. */
  signers: readonly Pick<Shopify, "webhooks">[];
  receivedAt: Date;
}

/** What a header may hold. Node joins repeated headers with a comma, so a grammar without commas refuses them. */
const HEADER_VALUE = /^[\w.:-]{1,200}$/;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
/** Shopify was founded in 2006: nothing can have been triggered before. */
const EARLIEST = Date.UTC(2006, 0);
const LATEST = Date.UTC(2100, 0);
const CLOCK_TOLERANCE_MS = 24 * 60 * 60 * 1000;

/**
 * Turns a request into a verified webhook: HMAC over the raw body, then headers and body by their grammar, then whether they
 * agree. The HMAC covers the body alone, so a body is refused that names a shop other than the header's, and a redaction that names none.
 * @throws WebhookRefusedError with the status and the words of the answer.
 * @see https://shopify.dev/docs/apps/build/webhooks/subscribe/https
 */
export async function verifyWebhook(
  request: Request,
  { topic, signers, receivedAt }: WebhookExpectations,
): Promise<Webhook> {
  if (!request.headers.get("x-shopify-hmac-sha256")) refuse(REFUSALS.unsigned);
  const rawBody = await readText(request);
  const { domain, topic: given, apiVersion, webhookId, triggeredAt } = await checkSignature(request, rawBody, signers);
  if (isProxiedText(rawBody)) refuse(REFUSALS.proxied);
  if (topicName(given) !== topicName(topic)) refuse(REFUSALS.otherTopic);
  const shop = findShopDomain(domain) ?? refuse(REFUSALS.shop);
  for (const value of [apiVersion, webhookId]) if (!HEADER_VALUE.test(value)) refuse(REFUSALS.headers);
  const body = parseObject(rawBody);
  if (namesOtherShop(body, shop)) refuse(REFUSALS.otherShop);
  if (lacksShop(body, topic)) refuse(REFUSALS.noShop);
  return { shop, topic, apiVersion, id: webhookId, triggeredAt: parseTime(triggeredAt, receivedAt), body };
}

/** The HMAC is over bytes: text that would not encode to the same bytes again cannot be checked. */
async function readText(request: Request): Promise<string> {
  const bytes = await request.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(REFUSALS.encoding);
  }
}

async function checkSignature(request: Request, rawBody: string, signers: WebhookExpectations["signers"]) {
  for (const { webhooks } of signers) {
    const check = await webhooks.validate({ rawBody, rawRequest: request });
    if (check.valid) return check.webhookType === WebhookType.Webhooks ? check : refuse(REFUSALS.headers);
    if (check.reason === WebhookValidationErrorReason.MissingHeaders) refuse(REFUSALS.headers);
  }
  return refuse(REFUSALS.signature);
}

function parseObject(rawBody: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(rawBody);
  } catch {
    refuse(REFUSALS.json);
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) refuse(REFUSALS.json);
  return body as Record<string, unknown>;
}

/** Without the header the time of arrival stands; nothing happened later than that, give or take a clock. */
function parseTime(text: string | undefined, receivedAt: Date): Date {
  if (text === undefined) return receivedAt;
  const time = RFC_3339.test(text) ? Date.parse(text) : NaN;
  if (!(time >= EARLIEST && time < LATEST)) refuse(REFUSALS.triggeredAt);
  return new Date(Math.min(time, receivedAt.getTime() + CLOCK_TOLERANCE_MS));
}

function refuse(refusal: WebhookRefusedError["refusal"]): never {
  throw new WebhookRefusedError(refusal);
}
