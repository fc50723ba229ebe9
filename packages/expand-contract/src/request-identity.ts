import type { Shopify } from "@shopify/shopify-api";
import { normalShopName } from "../../../app/tokens/index.ts";

/** What a request proves. */
export interface RequestIdentity {
  /** Named by an ID token or a query that Shopify signed; null: nobody is proven. */
  shop: string | null;
  /** The ID token, verified. */
  idToken?: string;
}

const NOBODY: RequestIdentity = { shop: null };

/** A request's address and `Authorization` header, whatever server it came through. */
export interface RequestFacts {
  url: URL;
  authorization: string | null | undefined;
}

/**
 * Which shop a request of the embedded app is proven to come from: by its ID token, else by the signed query that Shopify Admin opens an
 * app with. What the address says beside that proves nothing. Parameters that are there twice prove nothing either: the signature is
 * checked over one of them, and another might be acted upon.
 */
export async function identifyRequest(api: Shopify, { url, authorization }: RequestFacts): Promise<RequestIdentity> {
  const idToken = /^Bearer (\S+)$/.exec(authorization ?? "")?.[1] ?? single(url, "id_token");
  if (idToken) {
    try {
      const { dest } = await api.session.decodeSessionToken(idToken);
      return { shop: normalShopName(new URL(dest).hostname), idToken };
    } catch {
      // Not one of ours, or too old: the library says so in its own way.
      if (authorization) return NOBODY;
    }
  }
  return identifyQuery(api, url);
}

async function identifyQuery(api: Shopify, url: URL): Promise<RequestIdentity> {
  const shop = single(url, "shop");
  const signed = ["hmac", "signature"].some((name) => url.searchParams.has(name));
  const query = [...url.searchParams];
  if (!shop || !signed || new Set(query.map(([name]) => name)).size < query.length) return NOBODY;
  const signator = url.searchParams.has("hmac") ? "admin" : "appProxy";
  const isValid = await api.utils.validateHmac(Object.fromEntries(query), { signator }).catch(() => false);
  const sane = isValid ? api.utils.sanitizeShop(shop) : null;
  return sane ? { shop: normalShopName(sane) } : NOBODY;
}

function single(url: URL, name: string): string | undefined {
  const values = url.searchParams.getAll(name);
  return values.length === 1 && values[0] ? values[0] : undefined;
}
