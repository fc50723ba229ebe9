import { createPrivateKey, randomUUID } from "node:crypto";
import { HttpResponseError, Session } from "@shopify/shopify-api";
import { abstractFetch } from "@shopify/shopify-api/runtime";
import { SignJWT } from "jose";
import { IncompletePairError } from "../errors.ts";
import type { ApplicationKey } from "../types.ts";

/**
 * Application-only access tokens: what a public app with a key in the Dev Dashboard gets for any shop that has it installed, without a
 * merchant and without a refresh token. Shopify documents that they exist and how long they live; the form of the request could not
 * be read there when this was written. This file has the form of the standards, and nothing else in the app knows it:
 * a client credentials grant whose client is authenticated by a signed assertion.
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/application-only-access-tokens
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 */

const CLIENT_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ASSERTION_LIFETIME_S = 60;
/** Shopify: up to one hour. */
const LONGEST_LIFETIME_S = 3_600;

/** RFC 7518 section 3.1, by the kind of key. */
const ALGORITHMS: Record<string, string> = { rsa: "RS256", ec: "ES256" };

/**
 * Reads the app's private key.
 * @param pem RSA or EC on P-256, without a passphrase.
 * @throws TypeError for any other key.
 */
export function readApplicationKey(clientId: string, keyId: string, pem: string): ApplicationKey {
  const privateKey = createPrivateKey(pem);
  const algorithm = ALGORITHMS[privateKey.asymmetricKeyType ?? ""];
  const { namedCurve } = privateKey.asymmetricKeyDetails ?? {};
  if (!algorithm || (namedCurve !== undefined && namedCurve !== "prime256v1")) {
    throw new TypeError("must be an RSA key, or an EC key on P-256");
  }
  return { clientId, keyId, algorithm, privateKey };
}

/**
 * Asks for a token and returns it as a session that is for memory only.
 * @param now milliseconds since the epoch, from which the token's life counts.
 * @throws HttpResponseError for a refusal, as the library does; network errors as they are; IncompletePairError for an answer without
 * a token, or with one that never ends.
 */
export async function requestApplicationOnlyToken(key: ApplicationKey, shop: string, now: number): Promise<Session> {
  const endpoint = `https://${shop}/admin/oauth/access_token`;
  const response = await abstractFetch(endpoint, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: key.clientId,
      client_assertion_type: CLIENT_ASSERTION_TYPE,
      client_assertion: await signAssertion(key, endpoint),
    }).toString(),
  });
  const body = (await response.json()) as Record<string, unknown>;
  if (!response.ok) {
    const { status: code, statusText, headers } = response;
    const message = `Shopify refused an application-only token (${code})`;
    throw new HttpResponseError({ message, code, statusText, body, headers: Object.fromEntries(headers) });
  }
  const { access_token: accessToken, expires_in: expiresIn, scope } = body;
  if (typeof accessToken !== "string" || !accessToken) throw new IncompletePairError(shop, "access_token");
  if (typeof expiresIn !== "number" || !(expiresIn > 0)) throw new IncompletePairError(shop, "expires_in");
  return new Session({
    id: `application_${shop}`,
    shop,
    state: "",
    isOnline: false,
    accessToken,
    scope: typeof scope === "string" ? scope : undefined,
    expires: new Date(now + Math.min(expiresIn, LONGEST_LIFETIME_S) * 1_000),
  });
}

/**
 * The same with the first key, and with the next where Shopify does not accept an assertion of the first: it may not know the key yet, or not any
 * more, while keys are exchanged.
 * @param keys one at least.
 * @param beforeCall called before each request.
 * @throws as `requestApplicationOnlyToken`, for the first key.
 */
export async function requestWithEitherKey(
  keys: readonly ApplicationKey[],
  shop: string,
  now: number,
  beforeCall: () => Promise<void>,
): Promise<Session> {
  const [key, ...others] = keys;
  await beforeCall();
  try {
    return await requestApplicationOnlyToken(key!, shop, now);
  } catch (error) {
    if (others.length === 0 || !isKeyRefused(error)) throw error;
    return requestWithEitherKey(others, shop, now, beforeCall).catch((second: unknown) => {
      throw isKeyRefused(second) ? error : second;
    });
  }
}

/** RFC 6749 section 5.2: the client could not be authenticated. */
function isKeyRefused(error: unknown): boolean {
  if (!(error instanceof HttpResponseError)) return false;
  const { code, body } = error.response;
  return code === 401 || (code === 400 && (body as { error?: unknown } | undefined)?.error === "invalid_client");
}

/** RFC 7523 section 3: issuer and subject are the client, the audience is the endpoint, and it is for one request. */
async function signAssertion(
  { clientId, keyId, algorithm, privateKey }: ApplicationKey,
  audience: string,
): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: algorithm, kid: keyId, typ: "JWT" })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${ASSERTION_LIFETIME_S}s`)
    .sign(privateKey);
}
