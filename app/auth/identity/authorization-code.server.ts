import { randomBytes } from "node:crypto";
import { Cookies, createSHA256HMAC, HashFormat } from "@shopify/shopify-api/runtime";
import { redirect } from "@remix-run/node";
import { services } from "../../services.server.ts";
import { adminHost } from "../shopify-addresses.server.ts";
import type { Parameters } from "./read-parameters.ts";
import { verifySignedQuery, type SignedQuery } from "./verify-signed-query.server.ts";

/** The library's name: it looks for the cookie when it exchanges the code. */
const STATE_COOKIE = "shopify_app_state";
const CALLBACK_PATH = "/auth/callback";
/** Long enough to read what the consent page says. */
const STATE_LIFE_MS = 10 * 60_000;
/** Ends the `state` of a second attempt; Shopify's signature covers it on the way back. */
const SECOND_ATTEMPT = ".2";

const { env, signers } = services;

/**
 * Sends the browser to Shopify's consent page with a `state`, of which it keeps a signed copy in a cookie.
 * @param shop where to; it is proved by the callback alone.
 * @param secondAttempt the first came back without its cookie.
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant#step-2-request-authorization-code
 */
export async function beginAuthorization(shop: string, { secondAttempt = false } = {}): Promise<Response> {
  const state = randomBytes(16).toString("hex") + (secondAttempt ? SECOND_ATTEMPT : "");
  const cookies = cookiesOf(undefined);
  await cookies.setAndSign(STATE_COOKIE, state, {
    expires: new Date(Date.now() + STATE_LIFE_MS),
    sameSite: "lax",
    secure: true,
    httpOnly: true,
    path: CALLBACK_PATH,
  });
  const query = new URLSearchParams({
    client_id: env.SHOPIFY_API_KEY,
    scope: env.SCOPES.join(","),
    redirect_uri: `${env.SHOPIFY_APP_URL}${CALLBACK_PATH}`,
    state,
  });
  const headers = new Headers(cookies.toHeaders().map((cookie): [string, string] => ["Set-Cookie", cookie]));
  return redirect(`https://${shop}/admin/oauth/authorize?${query}`, { headers });
}

/** An answer to an authorization request that this browser has made, with everything that Shopify's signature vouches for. */
export interface Callback extends SignedQuery {
  code: string;
  state: string;
}

export type CallbackVerdict =
  | { kind: "verified"; callback: Callback }
  /** Signed, and the browser has kept no cookie. */
  | { kind: "no_cookie"; shop: string; secondAttempt: boolean }
  | { kind: "refused" };

/** Judges a request to `/auth/callback`: Shopify's signature first, then that this browser has asked for it. */
export async function verifyCallback(request: Request, parameters: Parameters): Promise<CallbackVerdict> {
  const verdict = await verifySignedQuery(parameters);
  if (verdict.kind !== "signed") return { kind: "refused" };
  const { code, state, shop } = verdict.query;
  if (!code || !state) return { kind: "refused" };
  const kept = await cookiesOf(request).getAndVerify(STATE_COOKIE);
  if (!kept) return { kind: "no_cookie", shop, secondAttempt: state.endsWith(SECOND_ATTEMPT) };
  if (kept !== state) return { kind: "refused" };
  return { kind: "verified", callback: { ...verdict.query, code, state } };
}

/**
 * The request with which the library exchanges the code. It holds what was verified, under a signature of the present moment, and nothing
 * else of what the browser sent: the wait for the shop's lease does not count against Shopify's 90 seconds.
 */
export async function callbackRequest(request: Request, { shop, code, state }: Callback): Promise<Request> {
  const timestamp = String(Math.trunc(Date.now() / 1_000));
  const query = new URLSearchParams({ code, host: adminHost(shop), shop, state, timestamp });
  const message = query.toString().replaceAll("+", "%20");
  query.set("hmac", await createSHA256HMAC(env.SHOPIFY_API_SECRET, message, HashFormat.Hex));
  return new Request(`${env.SHOPIFY_APP_URL}${CALLBACK_PATH}?${query}`, {
    headers: { Cookie: await stateCookie(state), "User-Agent": request.headers.get("user-agent") ?? "" },
  });
}

/** Signed anew: it may carry the signature of the secret before. */
async function stateCookie(state: string): Promise<string> {
  const cookies = cookiesOf(undefined);
  await cookies.setAndSign(STATE_COOKIE, state);
  return Object.values(cookies.outgoingCookieJar)
    .map(({ name, value }) => `${name}=${value}`)
    .join("; ");
}

/** Ends the cookie: what it was for is done. */
export function forgetState(response: Response): Response {
  const cookies = cookiesOf(undefined);
  const gone = { expires: new Date(0), path: CALLBACK_PATH };
  for (const name of [STATE_COOKIE, `${STATE_COOKIE}.sig`]) cookies.set(name, "", gone);
  for (const cookie of cookies.toHeaders()) response.headers.append("Set-Cookie", cookie);
  return response;
}

/** The library's own signed cookies, so that it accepts ours. The first secret signs, all verify. */
function cookiesOf(request: Request | undefined): Cookies {
  const cookie = request?.headers.get("cookie") ?? "";
  const incoming = { method: "GET", url: CALLBACK_PATH, headers: { Cookie: cookie } };
  return new Cookies(
    incoming,
    { statusCode: 200, statusText: "OK" },
    { keys: signers.map(({ config }) => config.apiSecretKey) },
  );
}
