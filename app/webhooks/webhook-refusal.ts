import type { Problem } from "../operator/access/problem.ts";

/** A delivery that is not taken. A redelivery would be refused as well. */
export class WebhookRefusedError extends Error {
  readonly code = "webhook_refused";
  readonly refusal: Problem;

  constructor(refusal: Problem) {
    super(refusal.detail);
    this.name = "WebhookRefusedError";
    this.refusal = refusal;
  }
}

const unauthorized = (code: string, detail: string): Problem => ({ status: 401, code, detail });
const badRequest = (code: string, detail: string): Problem => ({ status: 400, code, detail });

/** Why a delivery is refused: in words, for the delivery log of Shopify's Dev Dashboard. Repeats nothing that was sent. */
export const REFUSALS = {
  unsigned: unauthorized("unsigned_webhook", "The X-Shopify-Hmac-Sha256 header is missing."),
  signature: unauthorized(
    "wrong_signature",
    "X-Shopify-Hmac-Sha256 is not the HMAC of this body with the app's client secret. Check SHOPIFY_API_SECRET.",
  ),
  proxied: unauthorized(
    "signed_as_a_visit",
    "The body is what Shopify signs of an app proxy's visit. It is no webhook.",
  ),
  encoding: badRequest("body_not_utf8", "The body must be UTF-8."),
  json: badRequest("body_not_an_object", "The body must be a JSON object."),
  headers: badRequest(
    "invalid_headers",
    "X-Shopify-Topic, X-Shopify-Shop-Domain, X-Shopify-API-Version and X-Shopify-Webhook-Id must each be there once, in Shopify's form.",
  ),
  shop: badRequest("invalid_shop", "X-Shopify-Shop-Domain must name one shop, e.g. a-shop.myshopify.com."),
  otherShop: badRequest("shops_disagree", "The body names a shop other than the X-Shopify-Shop-Domain header."),
  noShop: badRequest("shop_not_named", "The body does not name its shop, as Shopify's of this topic does."),
  otherTopic: badRequest("other_topic", "X-Shopify-Topic is not the topic that this address takes."),
  triggeredAt: badRequest("invalid_triggered_at", "X-Shopify-Triggered-At must be a time, e.g. 2026-11-27T03:00:00Z."),
  payload: badRequest("invalid_payload", "The body does not have the fields of this topic."),
};
