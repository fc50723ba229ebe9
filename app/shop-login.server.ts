import { redirect } from "@remix-run/node";
import { services } from "./services.server.ts";
import { findShopDomain } from "./shop-of-request.server.ts";
import { authorizationCodeUrl, embeddedAppUrl, managedInstallUrl } from "./shopify-addresses.server.ts";
import { needsInstallation } from "./open-from-outside.server.ts";

/** What was wrong with the shop that somebody typed, in their words. */
export interface LoginProblem {
  shop: string;
  problem: string;
}

/**
 * Leads whoever typed a shop to the installation of the phase, or straight into Shopify Admin when the app is installed.
 * Takes what people paste: a name, a domain, or the address of any page in the store's admin.
 */
export async function startLogin(typed: string): Promise<Response | LoginProblem> {
  const shop = shopOfInput(typed);
  if (!shop) {
    const problem = typed.trim() === "" ? "Enter your store's address" : "Enter an address like my-store.myshopify.com";
    return { shop: typed, problem };
  }
  if (services.env.phase === "contract") return redirect(managedInstallUrl(shop));
  return redirect(
    needsInstallation(await services.tokens.state(shop)) ? authorizationCodeUrl(shop) : embeddedAppUrl(shop),
  );
}

const STORE_IN_ADMIN = /^admin\.shopify\.com\/store\/([a-z0-9][a-z0-9-]*)/;

/** The shop's domain out of a name, a domain or an address. */
export function shopOfInput(typed: string): string | undefined {
  const text = typed
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, "");
  const store = STORE_IN_ADMIN.exec(text)?.[1];
  const host = store ?? text.split(/[/?#]/)[0]!;
  return findShopDomain(host.includes(".") ? host : `${host}.myshopify.com`);
}
