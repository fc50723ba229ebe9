import type { IncomingMessage, ServerResponse } from "node:http";

import { openCall, wallNow } from "../platform/ledger/ledger.ts";
import { escapeHtml, oauthErrorPage, sendText } from "./answer.ts";
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
  const granted = shop.installed && verdict.request.scopes.every((scope) => shop.scopes.includes(scope));
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
      consentPage(state.app.name ?? "This app", shop.name, verdict.request.scopes),
    );
  }
  const { location } = platform.approveInstall(verdict.request);
  call.outcome = "approved";
  call.status = 302;
  response.writeHead(302, { location, "content-length": 0 });
  response.end();
}

function consentPage(app: string, shop: string, scopes: readonly string[]): string {
  const items = scopes.map((scope) => `<li><code>${escapeHtml(scope)}</code></li>`).join("");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Install ${escapeHtml(app)}</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; background: #f1f1f1; color: #303030; display: grid; place-items: center; min-height: 100vh; margin: 0 }
main { background: #fff; border-radius: 12px; padding: 24px 32px; width: 420px; box-shadow: 0 1px 4px #0003 }
button { font: inherit; font-weight: 600; color: #fff; background: #303030; border: 0; border-radius: 8px; padding: 8px 16px; cursor: pointer }
</style>
</head>
<body>
<main>
<h1>Install ${escapeHtml(app)}</h1>
<p>${escapeHtml(app)} asks for access to <strong>${escapeHtml(shop)}</strong>:</p>
<ul>${items}</ul>
<form method="post"><button type="submit">Install</button></form>
</main>
</body>
</html>
`;
}
