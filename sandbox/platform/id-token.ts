import { createHmac, timingSafeEqual } from "node:crypto";

import { ID_TOKEN_LIFETIME_MS } from "./lifetimes.ts";
import { activeSecrets, signingSecret, type PlatformState } from "./state.ts";
import type { IdTokenOptions } from "./types.ts";

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (input: string, secret: string): string => createHmac("sha256", secret).update(input).digest("base64url");

/**
 * An ID token (session token) as App Bridge gives it: HS256 with the client secret, one minute, all claims of
 * shopify.dev "session tokens". On the wall clock, since the app checks it with its own. Options make wrong ones.
 */
export function issueIdToken(state: PlatformState, shop: string, options: IdTokenOptions = {}): string {
  if (options.malformed) return "not.a.token";
  const now = Math.floor(state.clock.wall() / 1000);
  const shift = options.expired ? -3600 : options.notYetValid ? 3600 : 0;
  const issuedAt = now + shift;
  const domain = options.wrongShop ?? shop;
  const claims = {
    iss: `https://${domain}/admin`,
    dest: `https://${domain}`,
    aud: options.wrongAudience ? "another-app" : state.app.clientId,
    sub: options.userId ?? "1",
    exp: issuedAt + Math.ceil((options.lifetimeMs ?? ID_TOKEN_LIFETIME_MS) / 1000),
    nbf: issuedAt,
    iat: issuedAt,
    jti: state.random.uuid(),
    sid: options.sessionId ?? state.random.hex(64),
  };
  const input = `${encode({ alg: options.unsigned ? "none" : "HS256", typ: "JWT" })}.${encode(claims)}`;
  if (options.unsigned) return `${input}.`;
  return `${input}.${sign(input, options.wrongSignature ? "not-the-client-secret" : signingSecret(state).value)}`;
}

export type IdTokenVerdict = { valid: true; userId: string } | { valid: false; reason: string };

/** What the token endpoint makes of an ID token: signature, audience, shop, and time by the wall clock. */
export function judgeIdToken(state: PlatformState, shop: string, token: string): IdTokenVerdict {
  const [header, payload, signature] = token.split(".");
  if (!header || !payload || !signature) return { valid: false, reason: "id_token_malformed" };
  let claims: Record<string, unknown>;
  try {
    const { alg } = JSON.parse(Buffer.from(header, "base64url").toString()) as { alg?: string };
    if (alg !== "HS256") return { valid: false, reason: "id_token_algorithm" };
    claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  } catch {
    return { valid: false, reason: "id_token_malformed" };
  }
  const given = Buffer.from(signature);
  const fits = activeSecrets(state).some((secret) => {
    const expected = Buffer.from(sign(`${header}.${payload}`, secret.value));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  if (!fits) return { valid: false, reason: "id_token_signature" };
  const now = state.clock.wall() / 1000;
  if (claims.aud !== state.app.clientId) return { valid: false, reason: "id_token_audience" };
  if (claims.dest !== `https://${shop}`) return { valid: false, reason: "id_token_shop" };
  if (typeof claims.exp !== "number" || claims.exp <= now) return { valid: false, reason: "id_token_expired" };
  if (typeof claims.nbf === "number" && claims.nbf > now + 10)
    return { valid: false, reason: "id_token_not_yet_valid" };
  return { valid: true, userId: String(claims.sub) };
}
