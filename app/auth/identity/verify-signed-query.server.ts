import { services } from "../../services.server.ts";
import { findShopDomain, type ShopDomain } from "../../infra/shop-domain.ts";
import type { ParameterName, Parameters } from "./read-parameters.ts";

/** What Shopify said in the query of an address. Nothing else of that address is to be believed. */
export interface SignedQuery {
  shop: ShopDomain;
  /** In answers to an authorization request only. */
  code: string | undefined;
  state: string | undefined;
}

/**
 * `absent`: there is no signature. `stale`: not from the last 90 seconds, so nothing is known. `forged`: Shopify did not sign this.
 */
export type SignatureVerdict = { kind: "signed"; query: SignedQuery } | { kind: "absent" | "stale" | "forged" };

/** What this app itself adds to an address that Shopify has signed, on the way to its own pages. */
const ADDED_HERE: readonly ParameterName[] = ["bounced", "exitIframe", "shopify-reload"];

/**
 * Judges the signature of an address's query: HMAC over all its parameters, none of them repeated.
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant#step-1-verify-the-installation-request
 */
export async function verifySignedQuery(parameters: Parameters): Promise<SignatureVerdict> {
  if (!parameters.get("hmac")) return { kind: "absent" };
  const all = parameters.all();
  for (const name of ADDED_HERE) all.delete(name);
  const query = Object.fromEntries(all);
  const shop = findShopDomain(query.shop);
  if (!shop || !query.timestamp || Object.keys(query).length !== all.size) return { kind: "forged" };
  try {
    const checks = await Promise.all(services.signers.map(({ utils }) => utils.validateHmac(query)));
    if (!checks.includes(true)) return { kind: "forged" };
  } catch {
    return { kind: "stale" }; // the library throws for the timestamp alone, once a signature is there
  }
  return { kind: "signed", query: { shop, code: query.code, state: query.state } };
}
