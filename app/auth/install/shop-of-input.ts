import { findShopDomain } from "../../infra/shop-domain.ts";

const STORE_IN_ADMIN = /^admin\.shopify\.com\/store\/([a-z0-9][a-z0-9-]*)/;

/** The address of a page in the admin, filters and all. Longer text is not looked at. */
const LONGEST_INPUT = 4_096;

/** The shop's domain out of what people type or paste: a name, a domain, or the address of any page in the store's admin. */
export function shopOfInput(typed: string): string | undefined {
  if (typed.length > LONGEST_INPUT) return undefined;
  const text = typed
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, "");
  const store = STORE_IN_ADMIN.exec(text)?.[1];
  const host = store ?? text.split(/[/?#]/)[0]!;
  return findShopDomain(host.includes(".") ? host : `${host}.myshopify.com`);
}
