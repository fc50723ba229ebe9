import type { IncomingMessage, ServerResponse } from "node:http";

import { publicAddresses, storeHandle } from "../admin/addresses.ts";
import { appView } from "../admin/app-view.ts";
import { grantPage } from "../admin/pages/install-pages.ts";
import { openCall, wallNow } from "../platform/ledger/ledger.ts";
import { grantsScope } from "../platform/scopes.ts";
import { oauthErrorPage, sendText } from "./answer.ts";
import type { AppOptions } from "../platform/types.ts";
import type { HttpContext } from "./context.ts";

/**
 * `GET /admin/oauth/authorize`: the first step of the authorization code grant. A browser is asked for consent unless the
 * merchant has granted these scopes before; other callers are sent back with a code at once (choice `consent`).
 * `POST` is the consent page's own form.
 */
export function serveAuthorize(
  context: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
  shopDomain: string,
  url: URL,
): void {
  const { platform, toml } = context;
  const { state } = platform;
  const call = openCall(state.ledger, { endpoint: "authorize", shop: shopDomain, at: state.clock.now() });
  response.once("close", () => (call.endedWall = wallNow()));
  const shop = state.shops.get(shopDomain);
  if (!shop) {
    call.outcome = "unknown_shop";
    call.status = 404;
    return sendText(response, 404, "text/html; charset=utf-8", oauthErrorPage("not_found", "There is no such shop"));
  }
  const verdict = platform.judgeAuthorize(shopDomain, url.searchParams, toml()?.redirectUrls);
  if (!verdict.valid) {
    call.outcome = verdict.error;
    call.status = 400;
    return sendText(response, 400, "text/html; charset=utf-8", oauthErrorPage(verdict.error, verdict.description));
  }
  const granted = shop.installed && verdict.request.scopes.every((scope) => grantsScope(shop.scopes, scope));
  const browser = (request.headers.accept ?? "").includes("text/html");
  const { consent } = state.choices;
  const ask = request.method === "GET" && (consent === "ask" || (consent === "ask-browsers" && browser)) && !granted;
  if (ask) {
    call.outcome = "consent_page";
    call.status = 200;
    return sendText(
      response,
      200,
      "text/html; charset=utf-8",
      consentPage(state.app, shop, verdict.request.scopes, shop.installed),
    );
  }
  const { location } = platform.approveInstall(verdict.request);
  call.outcome = "approved";
  call.status = 302;
  response.writeHead(302, { location, "content-length": 0 });
  response.end();
}

function consentPage(
  settings: AppOptions,
  shop: { domain: string; name: string },
  scopes: readonly string[],
  update: boolean,
): string {
  const app = appView(settings);
  const addresses = publicAddresses(app.url);
  const cancelUrl = `${addresses.admin}/store/${storeHandle(shop.domain)}`;
  const grant = { appName: app.name, shop: shop.domain, shopName: shop.name, scopes: [...scopes], update };
  return grantPage({ addresses, cancelUrl, ...grant });
}
