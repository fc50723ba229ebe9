import { redirect } from "@remix-run/node";
import { services } from "../../services.server.ts";
import { needsInstallation } from "../open-from-outside.server.ts";
import { authorizationCodeUrl, embeddedAppUrl, managedInstallUrl } from "../shopify-addresses.server.ts";
import { shopOfInput } from "./shop-of-input.ts";

/** What was wrong with the shop that was typed; the form has the words. */
export interface LoginProblem {
  shop: string;
  problem: "empty" | "invalid";
}

/** As much of what was typed as a page shows again. */
const LONGEST_ECHO = 255;

/**
 * Sends a person who typed a shop to the installation of the phase, or straight into Shopify Admin when the app is installed.
 * Takes what people paste: a name, a domain, or the address of any page in the store's admin.
 */
export async function startLogin(typed: string): Promise<Response | LoginProblem> {
  const shop = shopOfInput(typed);
  if (!shop) {
    return { shop: typed.slice(0, LONGEST_ECHO), problem: typed.trim() === "" ? "empty" : "invalid" };
  }
  if (services.env.phase === "contract") return redirect(managedInstallUrl(shop));
  return redirect(
    needsInstallation(await services.tokens.state(shop)) ? authorizationCodeUrl(shop) : embeddedAppUrl(shop),
  );
}
