import { Session } from "@shopify/shopify-api";

/** Stands where a session has its access token. Shopify issued none like it, and no call is made with it. */
const NO_TOKEN = "no-token-for-an-unproven-shop";
/** The query with which the libraries test a token, in all their versions. */
const TEST = "shopifyAppShopName";

/**
 * What the libraries are given when they look for a shop that any stranger can have named: they see that the app is installed there, and
 * get nothing to call Shopify with. Their authorization code strategies make such a call, to test the token, before any signature is
 * checked.
 */
export function unprovenSession({ id, shop, state, scope }: Session): Session {
  return new Session({ id, shop, state, scope, isOnline: false, accessToken: NO_TOKEN });
}

/**
 * What a call with such a session is answered in Shopify's place: the libraries' test passes, so that they lead the browser into Shopify
 * Admin, and nothing else does. Undefined for a call with a token.
 */
export function answerUnproven(headers: Headers, body: unknown): Response | undefined {
  if (headers.get("x-shopify-access-token") !== NO_TOKEN) return undefined;
  if (typeof body === "string" && body.includes(TEST)) return Response.json({ data: { shop: { name: "" } } });
  return Response.json({ errors: "Nothing has proven that this request is the shop's" }, { status: 401 });
}
