import { redirect } from "@remix-run/node";
import { findShopDomain } from "../infra/shop-domain.ts";
import { services } from "../services.server.ts";
import { ReauthorizationRequiredError, type ShopTokenState } from "../tokens/index.ts";
import type { Parameters } from "./identity/read-parameters.ts";
import { verifySignedQuery } from "./identity/verify-signed-query.server.ts";
import { authorizationCodeUrl, embeddedAppUrl, inLanguage } from "./shopify-addresses.server.ts";
import { problemResponse } from "./token-error-response.server.ts";

const SHOP_NAME_QUERY = "#graphql\n query ShopName { shop { name } }";

/**
 * Answers a document request from outside Shopify Admin: a bookmark, or Shopify itself after "Install" in the legacy flow.
 * It never shows the app; it leads to the installation when there is something to install, else into Shopify Admin.
 *
 * Without `shop` there is nowhere to go: the login form asks for one. In contract, Shopify Admin installs the app by itself. A shop that is
 * merely named decides where this browser is sent, and nothing else. A shop named by Shopify's signature is worth one Admin call: after
 * a reinstall whose uninstall never reached us, the stored token looks well and is dead, and Shopify and the app would send the merchant
 * back and forth.
 */
export async function openFromOutside(parameters: Parameters): Promise<Response> {
  const { env, tokens, log } = services;
  const verdict = await verifySignedQuery(parameters);
  if (verdict.kind === "forged") return problemResponse(400, { code: "forged_link", next: "/auth/login" });
  const verified = verdict.kind === "signed" ? verdict.query.shop : undefined;
  const shop = verified ?? findShopDomain(parameters.get("shop"));
  if (!shop) return redirect(inLanguage("/auth/login", parameters.get("locale")));
  if (env.phase === "contract") return redirect(embeddedAppUrl(shop));
  if (needsInstallation(await tokens.state(shop))) return redirect(authorizationCodeUrl(shop));
  if (verified) {
    try {
      await tokens.admin(verified).graphql(SHOP_NAME_QUERY);
    } catch (error) {
      if (error instanceof ReauthorizationRequiredError) return redirect(authorizationCodeUrl(verified));
      log.warn({ err: error, shop }, "could not ask whether the app is still installed; opening it anyway");
    }
  }
  return redirect(embeddedAppUrl(shop));
}

/** Whether only the merchant can give this shop a token. */
export function needsInstallation({ status, needsReauthAt }: ShopTokenState): boolean {
  return needsReauthAt !== undefined || status === "missing" || status === "placeholder" || status === "dead";
}
