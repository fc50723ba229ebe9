import { createPublicKey, verify, type KeyObject } from "node:crypto";

import { ACCESS_TOKEN_LIFETIME_MS } from "./lifetimes.ts";
import { recordApplicationToken } from "./ledger/ledger.ts";
import type { PlatformState, ShopRecord } from "./state.ts";

/**
 * Application-only access tokens: a public app that is installed gets a token of one hour with a signed assertion instead of a
 * secret, without a merchant and without a refresh token. Shopify documents that they exist; the request is the one of
 * https://www.rfc-editor.org/rfc/rfc7523#section-2.2 with the grant of https://www.rfc-editor.org/rfc/rfc6749#section-4.4.
 */

export const CLIENT_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** An assertion that is good for longer than this is refused: it is meant for one request. */
const LONGEST_ASSERTION_S = 600;
const CLOCK_SKEW_S = 60;
/** RFC 7518 section 3.3. */
const SHORTEST_RSA_BITS = 2_048;

/** What each algorithm signs with (RFC 7518 section 3). */
const ALGORITHMS: Readonly<
  Record<string, { type: string; options: { dsaEncoding?: "ieee-p1363"; padding?: number } }>
> = {
  RS256: { type: "rsa", options: {} },
  ES256: { type: "ec", options: { dsaEncoding: "ieee-p1363" } },
};

/**
 * Adds a public key, as PEM or JWK.
 * @throws TypeError when it cannot be read, or a key of this id is there.
 */
export function addAppKey(state: PlatformState, keyId: string, publicKey: string | Record<string, unknown>): void {
  if (!keyId || state.appKeys.some((key) => key.keyId === keyId)) throw new TypeError(`The key id ${keyId} is taken.`);
  let key: KeyObject;
  try {
    key = createPublicKey(typeof publicKey === "string" ? publicKey : { key: publicKey, format: "jwk" });
  } catch (cause) {
    throw new TypeError("The public key is neither PEM nor JWK.", { cause });
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < SHORTEST_RSA_BITS)
    throw new TypeError(`An RSA key has ${SHORTEST_RSA_BITS} bits or more.`);
  state.appKeys.push({ keyId, publicKey: key, revoked: false });
}

/** Refuses every later assertion of this key. Tokens that it got live out their hour. */
export function revokeAppKey(state: PlatformState, keyId: string): void {
  const key = state.appKeys.find((one) => one.keyId === keyId);
  if (!key) throw new TypeError(`No such key: ${keyId}.`);
  key.revoked = true;
}

/** Judges a client assertion for one request at a shop's token endpoint. A good one is used up. */
export function judgeAssertion(
  state: PlatformState,
  shop: string,
  assertion: unknown,
): { valid: true } | { valid: false; reason: string } {
  const refuse = (reason: string): { valid: false; reason: string } => ({
    valid: false,
    reason: `assertion_${reason}`,
  });
  const [head, payload, signature, ...more] = typeof assertion === "string" ? assertion.split(".") : [];
  const header = decode(head);
  const claims = decode(payload);
  if (!header || !claims || !signature || more.length > 0) return refuse("malformed");

  const key = state.appKeys.find(({ keyId }) => keyId === header.kid);
  if (!key) return refuse("unknown_key");
  if (key.revoked) return refuse("revoked_key");
  const algorithm =
    typeof header.alg === "string" && Object.hasOwn(ALGORITHMS, header.alg) ? ALGORITHMS[header.alg] : undefined;
  if (!algorithm || key.publicKey.asymmetricKeyType !== algorithm.type) return refuse("algorithm");
  const signed = Buffer.from(`${head}.${payload}`);
  if (!verify("sha256", signed, { key: key.publicKey, ...algorithm.options }, Buffer.from(signature, "base64url"))) {
    return refuse("signature");
  }

  const { clientId } = state.app;
  if (claims.iss !== clientId) return refuse("issuer");
  if (claims.sub !== clientId) return refuse("subject");
  if (![claims.aud].flat().includes(`https://${shop}/admin/oauth/access_token`)) return refuse("audience");
  const now = state.clock.wall() / 1_000;
  const { exp, iat, nbf, jti } = claims;
  if (typeof exp !== "number" || exp <= now) return refuse("expired");
  if (exp > now + LONGEST_ASSERTION_S) return refuse("lifetime");
  for (const from of [iat, nbf])
    if (from !== undefined && !(Number(from) <= now + CLOCK_SKEW_S)) return refuse("not_yet_valid");
  if (typeof jti !== "string" || jti === "") return refuse("without_id");
  if (state.usedAssertions.has(jti)) return refuse("used_again");
  state.usedAssertions.add(jti);
  return { valid: true };
}

/** Issues the token. @returns the body of the answer, and the token's number in the ledger. */
export function issueApplicationToken(
  state: PlatformState,
  shop: ShopRecord,
): { body: Record<string, unknown>; issued: number[] } {
  const now = state.clock.now();
  const token = { accessToken: state.mint.accessToken(), expiresAt: now + ACCESS_TOKEN_LIFETIME_MS };
  shop.applicationTokens = [...(shop.applicationTokens ?? []).filter(({ expiresAt }) => expiresAt > now), token];
  return {
    body: {
      access_token: token.accessToken,
      scope: shop.scopes.join(","),
      expires_in: ACCESS_TOKEN_LIFETIME_MS / 1_000,
    },
    issued: [recordApplicationToken(state.ledger, shop, token, now)],
  };
}

function decode(part: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? "", "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
