import type { Choose } from "../choose.ts";
import { nowSeconds, OWN_SHOP, signBody, VICTIMS, WEBHOOK_SHOP } from "../identities.ts";
import { longText, oddShop, oddText } from "../odd-text.ts";
import type { RawRequest } from "../raw-request.ts";

const TOPICS = ["app/uninstalled", "app/scopes_update", "customers/data_request", "customers/redact", "shop/redact"];
const TIMES = [
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "+275760-09-13T00:00:00Z",
  "-1",
  "",
  "2026-02-30",
  "now",
];

/** Webhooks: most signed, since only these get past the first check; about a shop of their own, or naming a victim. */
export function webhooksDoor(choose: Choose): RawRequest {
  const topic = choose.pick(TOPICS);
  // What Shopify signs for each store whose scopes change names no shop: sent as another topic, about a victim.
  const nameless = topic !== "app/scopes_update" && choose.chance(0.1);
  const signed = choose.chance(0.75);
  const body = Buffer.from(
    nameless ? '{"id":1,"previous":[],"current":["read_products"]}' : webhookBody(choose, signed),
  );
  const victim = nameless ? choose.pick(Object.values(VICTIMS)) : undefined;
  const shop = victim ?? (choose.chance(0.7) ? WEBHOOK_SHOP : oddShop(choose));
  const headers: [string, string][] = [
    ["Content-Type", choose.chance(0.9) ? "application/json" : oddText(choose, 500)],
    ["X-Shopify-Topic", choose.chance(0.9) ? topic : oddText(choose, 500)],
    ["X-Shopify-Shop-Domain", shop],
    ["X-Shopify-API-Version", choose.chance(0.9) ? "2026-10" : oddText(choose, 500)],
    ["X-Shopify-Webhook-Id", choose.chance(0.9) ? choose.random.uuid() : oddText(choose, 1_000)],
    ["X-Shopify-Triggered-At", choose.chance(0.6) ? new Date(nowSeconds() * 1_000).toISOString() : choose.pick(TIMES)],
  ];
  if (signed) headers.push(["X-Shopify-Hmac-Sha256", signBody(body)]);
  else if (choose.chance(0.8))
    headers.push(["X-Shopify-Hmac-Sha256", choose.pick(["AAAA", "", signBody(Buffer.of())])]);
  if (choose.chance(0.1)) headers.push(choose.pick(headers));
  if (choose.chance(0.1)) headers.splice(choose.int(headers.length), 1);
  if (choose.chance(0.05)) headers.push(["Content-Encoding", choose.pick(["gzip", "br", "identity"])]);
  headers.push(["Content-Length", String(body.length)]);
  return {
    door: signed ? "webhooks, signed" : "webhooks, unsigned",
    method: choose.chance(0.95) ? "POST" : choose.pick(["GET", "PUT", "OPTIONS", "DELETE"]),
    target: `/webhooks/${choose.chance(0.95) ? topic : choose.pick(TOPICS)}${choose.chance(0.05) ? "?a=b" : ""}`,
    headers,
    body,
  };
}

const SHOP_HEADER = /^(?:x-)?shopify-shop-domain$/i;

/**
 * The request as a stranger could send it. A signed body that names no shop makes the app ask Shopify about the shop of the header, which
 * is not signed, when it is sent as `app/uninstalled` or `app/scopes_update`: that call is meant (docs/threat-model.md), so it is made about
 * the stranger's shop.
 */
export function withOwnShop(request: RawRequest): RawRequest {
  const isAsked = request.door === "webhooks, signed" && request.target.startsWith("/webhooks/app/");
  if (!isAsked || /"(?:myshopify|shop)_domain":(?!null)/.test(String(request.body))) return request;
  const headers = request.headers.map(([name, value]): [string, string] =>
    SHOP_HEADER.test(name) && /victim/i.test(value) ? [name, WEBHOOK_SHOP] : [name, value],
  );
  return { ...request, headers };
}

/** @param signed then it names no victim: such a body only Shopify can sign, and what it says is done. */
function webhookBody(choose: Choose, signed: boolean): string {
  const named = [...(signed ? [OWN_SHOP] : Object.values(VICTIMS)), null, 7, {}, "\u0000"];
  const shop = choose.chance(0.8) ? WEBHOOK_SHOP : choose.pick(named);
  const fields: Record<string, unknown> = { myshopify_domain: shop, shop_domain: shop };
  const odd = () => choose.pick([oddText(choose, 2_000), null, -0, 1e308, {}, [], true, "\ud800", "\u0000"]);
  return choose.pick([
    () => JSON.stringify({ ...fields, current: ["read_products"], previous: [] }),
    () => JSON.stringify({ ...fields, current: odd() }),
    () => JSON.stringify({ ...fields, current: [odd(), odd()] }),
    () => JSON.stringify({ ...fields, customer: odd(), id: odd(), extra: longText(choose) }),
    () => JSON.stringify(fields).replace("{", `{"__proto__":{"a":1},`),
    () => `${"[".repeat(choose.pick([10, 1_000, 30_000]))}`,
    () => `${'{"a":'.repeat(choose.pick([10, 1_000, 10_000]))}1`,
    () => JSON.stringify(choose.pick([[], null, "text", 1, true])),
    () => `\ufeff${JSON.stringify(fields)}`,
    () => "",
    () => longText(choose),
  ])();
}
