import type { Shopify } from "@shopify/shopify-api";
import { Cookies } from "@shopify/shopify-api/runtime";
import { isOfAdmin } from "../../../app/auth/identity/is-of-admin.ts";
import type { Problem } from "../../../app/operator/access/problem.ts";
import { normalShopName } from "../../../app/tokens/index.ts";

/** What a request proves. */
export interface RequestIdentity {
  /** Named by an ID token or a query that Shopify signed; null: no shop is proven. */
  shop: string | null;
  /** The ID token, verified. */
  idToken?: string;
  /** An ID token that is none of Shopify's for this app, or over. */
  isRefused?: true;
  /** An ID token that Shopify signed for a customer or an extension: it opens no door of the embedded app. */
  isForeign?: true;
}

const UNPROVEN: RequestIdentity = { shop: null };

/** What a request with a foreign ID token is answered. */
export const NOT_STAFF: Problem = {
  status: 401,
  code: "not_staff",
  detail: "This ID token is one of a customer or an extension. The app is opened from Shopify Admin.",
};

/** What the library for Express would write into the log, token and all. */
export const STALE_ID_TOKEN: Problem = {
  status: 401,
  code: "id_token_refused",
  detail: "The ID token is not valid (any more). App Bridge brings a new one.",
};

/** The header `Authorization` with an ID token. */
export const BEARER = /^Bearer (\S+)$/;

export const NO_HOST: Problem = {
  status: 400,
  code: "unreadable_host",
  title: "Bad Request",
  detail:
    "`host` must be the address of the shop's admin, in base64, and `shop` its domain, each once and among 200 parameters at most. Open the app from Shopify Admin.",
};

/** Whether an address has no `host`, or one that the libraries can read: they fail on any other. */
export function isHostReadable(api: Shopify, { searchParams }: URL): boolean {
  const host = searchParams.get("host");
  try {
    return host === null || api.utils.sanitizeHost(host) !== undefined;
  } catch {
    return false;
  }
}

/** A request's address and two of its headers, whatever server it came through. */
export interface RequestFacts {
  url: URL;
  authorization: string | null | undefined;
  cookie?: string | null;
}

/** The library's name. Apps that are not embedded know a browser by it. */
const SESSION_COOKIE = "shopify_app_session";
const OFFLINE_ID = /^offline_(.+)$/;

/**
 * Which shop a request of the embedded app is proven to come from: by an ID token of Shopify Admin, else by the signed query that the Admin
 * opens an app with, else by the session cookie of an app that is not embedded. What the address says beside that proves nothing. Parameters
 * that are there twice prove nothing either: the signature is checked over one of them, and another might be acted upon. Nor does the
 * signature of an app proxy: every visitor of a storefront gets one.
 */
export async function identifyRequest(api: Shopify, facts: RequestFacts): Promise<RequestIdentity> {
  const { url, authorization } = facts;
  const idToken = idTokenOf(url, authorization);
  if (idToken) {
    try {
      const claims = await api.session.decodeSessionToken(idToken);
      const shop = api.utils.sanitizeShop(URL.parse(claims.dest)?.hostname ?? "");
      return shop && isOfAdmin(claims, shop)
        ? { shop: normalShopName(shop), idToken }
        : { shop: null, isForeign: true };
    } catch {
      // Not one of ours, or too old.
      if (authorization) return { shop: null, isRefused: true };
    }
  }
  const named = await identifyQuery(api, url);
  return named.shop === null && facts.cookie ? identifyCookie(api, facts.cookie) : named;
}

/** A cookie that this app signed itself, after an authorization code grant. */
async function identifyCookie(api: Shopify, cookie: string): Promise<RequestIdentity> {
  const request = { method: "GET", url: "/", headers: { Cookie: cookie } };
  const id = await new Cookies(request, {} as never, { keys: [api.config.apiSecretKey] }).getAndVerify(SESSION_COOKIE);
  const shop = api.utils.sanitizeShop(OFFLINE_ID.exec(id ?? "")?.[1] ?? "");
  return shop ? { shop: normalShopName(shop) } : UNPROVEN;
}

function idTokenOf(url: URL, authorization: string | null | undefined): string | undefined {
  return BEARER.exec(authorization ?? "")?.[1] ?? single(url, "id_token");
}

async function identifyQuery(api: Shopify, url: URL): Promise<RequestIdentity> {
  const shop = single(url, "shop");
  const query = [...url.searchParams];
  if (!shop || !url.searchParams.has("hmac") || new Set(query.map(([name]) => name)).size < query.length)
    return UNPROVEN;
  const isValid = await api.utils.validateHmac(Object.fromEntries(query)).catch(() => false);
  const sane = isValid ? api.utils.sanitizeShop(shop) : null;
  return sane ? { shop: normalShopName(sane) } : UNPROVEN;
}

function single(url: URL, name: string): string | undefined {
  const values = url.searchParams.getAll(name);
  return values.length === 1 && values[0] ? values[0] : undefined;
}
