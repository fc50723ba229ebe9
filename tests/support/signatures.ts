import { createHmac } from "node:crypto";
import { TEST_APP } from "./sandbox.ts";

const hmac = (text: string, secret: string) => createHmac("sha256", secret).update(text);

/** A body's HMAC, as Shopify puts it into `X-Shopify-Hmac-Sha256`. */
export const signBody = (body: string, secret = TEST_APP.clientSecret): string => hmac(body, secret).digest("base64");

/** A JSON Web Token of any claims, signed as Shopify signs an ID token. */
export function signIdToken(claims: object): string {
  const input = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${input}.${hmac(input, TEST_APP.clientSecret).digest("base64url")}`;
}

/**
 * The query of an app proxy's request, as Shopify signs it for each visitor of a storefront: names and values follow each other
 * without a separator.
 */
export function signedProxyQuery(shop: string, secret = TEST_APP.clientSecret): string {
  const query = { shop, path_prefix: "/apps/x", timestamp: String(Math.floor(Date.now() / 1_000)) };
  const text = Object.entries(query)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join("");
  return String(new URLSearchParams({ ...query, signature: hmac(text, secret).digest("hex") }));
}
