import { redirect } from "@remix-run/node";
import { services } from "../../services.server.ts";
import { needsInstallation } from "../open-from-outside.server.ts";
import { UNREADABLE_FORM, WRONG_METHOD } from "../page-problems.ts";
import { authorizationCodeUrl, embeddedAppUrl, managedInstallUrl } from "../shopify-addresses.server.ts";
import { problemResponse } from "../token-error-response.server.ts";
import { shopOfInput } from "./shop-of-input.ts";

/** What was wrong with the shop that somebody typed, in their words. */
export interface LoginProblem {
  shop: string;
  problem: string;
}

/** As much of what was typed as a page shows again. */
const LONGEST_ECHO = 255;

/**
 * Leads whoever typed a shop to the installation of the phase, or straight into Shopify Admin when the app is installed.
 * Takes what people paste: a name, a domain, or the address of any page in the store's admin.
 */
export async function startLogin(typed: string): Promise<Response | LoginProblem> {
  const shop = shopOfInput(typed);
  if (!shop) {
    const problem = typed.trim() === "" ? "Enter your store's address" : "Enter an address like my-store.myshopify.com";
    return { shop: typed.slice(0, LONGEST_ECHO), problem };
  }
  if (services.env.phase === "contract") return redirect(managedInstallUrl(shop));
  return redirect(
    needsInstallation(await services.tokens.state(shop)) ? authorizationCodeUrl(shop) : embeddedAppUrl(shop),
  );
}

/**
 * The shop in a submitted login form; empty when there is none.
 * @throws Response 405 or 400 for what is not a form.
 */
export async function readTypedShop(request: Request): Promise<string> {
  if (request.method !== "POST") throw problemResponse(405, WRONG_METHOD, { Allow: "GET, HEAD, POST" });
  try {
    const shop = (await request.formData()).get("shop");
    return typeof shop === "string" ? shop : "";
  } catch {
    throw problemResponse(400, UNREADABLE_FORM);
  }
}
