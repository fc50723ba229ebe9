import { createHmac, randomBytes } from "node:crypto";
import type { Choose } from "./choose.ts";

/** The app as the simulator knows it, with secrets of this run that must appear nowhere. */
export const FUZZED_APP = {
  url: "https://app.sandbox.test",
  clientId: randomBytes(16).toString("hex"),
  clientSecret: `shpss_${randomBytes(16).toString("hex")}`,
  scopes: ["read_products"],
};

/** The stranger's own store: what Shopify signs for it, the stranger has. */
export const OWN_SHOP = "mallory.myshopify.com";
/** Shops of others, each with another kind of row: nothing may happen to them. */
export const VICTIMS = {
  permanent: "victim-permanent.myshopify.com",
  pair: "victim-pair.myshopify.com",
  expired: "victim-expired.myshopify.com",
  codeFlow: "victim-code-flow.myshopify.com",
} as const;
/** Signed webhooks are about this shop: they may record an uninstallation of it, and nothing else. */
export const WEBHOOK_SHOP = "webhooks.myshopify.com";

const hmac = (text: string | Buffer, secret = FUZZED_APP.clientSecret) => createHmac("sha256", secret).update(text);

export const nowSeconds = () => Math.floor(Date.now() / 1_000);

export function hostOf(shop: string): string {
  return Buffer.from(`admin.shopify.com/store/${shop.split(".")[0]}`).toString("base64url");
}

/** Signs a query as Shopify does: sorted, `%20` for a space, hexadecimal. */
export function signQuery(query: Record<string, string>): [string, string][] {
  const sorted = Object.entries(query).sort(([a], [b]) => a.localeCompare(b));
  const message = new URLSearchParams(sorted).toString().replace(/\+/g, "%20");
  return [["hmac", hmac(message).digest("hex")], ...sorted];
}

export function signBody(body: Buffer): string {
  return hmac(body).digest("base64");
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JSON Web Token of these claims; with the client secret, so that only the claims are wrong. */
function signToken(claims: unknown, header: unknown = { alg: "HS256", typ: "JWT" }): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${hmac(input).digest("base64url")}`;
}

function adminClaims(shop: string): Record<string, unknown> {
  const now = nowSeconds();
  return {
    iss: `https://${shop}/admin`,
    dest: `https://${shop}`,
    aud: FUZZED_APP.clientId,
    sub: "42",
    exp: now + 60,
    nbf: now,
    iat: now,
    jti: randomBytes(16).toString("hex"),
    sid: randomBytes(32).toString("hex"),
  };
}

/**
 * A token that a stranger can hold or make: one of Shopify's for the own store, the one that an extension gives to a customer of
 * the victim, or a forgery. None opens the app for another shop.
 */
export function strangersToken(choose: Choose): string {
  const victim = choose.pick(Object.values(VICTIMS));
  const own = adminClaims(OWN_SHOP);
  return choose.pick([
    () => signToken(own),
    () => signToken({ ...own, exp: nowSeconds() - 3_600 }),
    () => signToken({ ...own, nbf: nowSeconds() + 3_600 }),
    () => signToken({ ...own, aud: "another-app" }),
    () => signToken({ ...own, sub: choose.pick(["gid://shopify/Customer/1", "", "0", null, {}, "\u0000"]) }),
    () => signToken({ ...own, dest: choose.pick([OWN_SHOP, `http://${OWN_SHOP}`, "", 7, null, "https://", "//x"]) }),
    () => signToken({ ...own, iss: choose.pick([OWN_SHOP, "https://evil.example/admin", null, []]) }),
    () => signToken({ ...adminClaims(victim), dest: victim, iss: victim, sub: "gid://shopify/Customer/1" }),
    () => signToken({ ...adminClaims(victim), sub: "gid://shopify/Customer/1" }),
    () => signToken(choose.pick([[], null, "text", 1])),
    () => signToken({ ...own, extra: "x".repeat(choose.int(4_000)) }),
    () => `${encode({ alg: "none" })}.${encode(adminClaims(victim))}.`,
    () => `${encode({ alg: "HS256" })}.${encode(adminClaims(victim))}.${"A".repeat(43)}`,
    () => signToken(own).replace(/\.[^.]+\./, `.${encode(adminClaims(victim))}.`),
    () => signToken(own, { alg: "HS512", kid: "../../etc/passwd" }),
    () => `${signToken(own)}${choose.pick([".x", "=", " ", "\n", "%00"])}`,
    () => "eyJ".repeat(1 + choose.int(3_000)),
    () => "-eyJ".repeat(1 + choose.int(3_000)),
    () => choose.pick(["", ".", "..", "a.b.c", "eyJ.eyJ.x", "null"]),
  ])();
}
