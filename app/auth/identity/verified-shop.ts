import type { AppLoadContext } from "@remix-run/node";

/** Remix gives all loaders of a request, and its document, the same context object. */
const verifiedShops = new WeakMap<AppLoadContext, string>();

/** Notes whose request this is, once an ID token has proved it. */
export function noteVerifiedShop(context: AppLoadContext, shop: string): void {
  verifiedShops.set(context, shop);
}

/** The shop that this request has proved to be of. The only shop that a security header may name. */
export function verifiedShopOf(context: AppLoadContext): string | undefined {
  return verifiedShops.get(context);
}
