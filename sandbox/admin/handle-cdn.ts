import type { ServerResponse } from "node:http";
import { appBridgeScript } from "./browser-scripts.ts";
import { sendText } from "./http-answers.ts";
import type { AdminContext } from "./admin-context.ts";

/** https://cdn.shopify.com: App Bridge, and an empty style sheet where apps load Shopify's font (Polaris asks them to). */
export function handleCdn(response: ServerResponse, path: string, { addresses, app }: AdminContext): void {
  const { pathname } = new URL(path, "http://cdn");
  const anywhere = { "Access-Control-Allow-Origin": "*" };
  if (pathname === "/shopifycloud/app-bridge.js") {
    return sendText(response, appBridgeScript(app().url, addresses), "text/javascript", 200, anywhere);
  }
  if (pathname.endsWith(".css")) {
    return sendText(response, "/* Shopify's fonts stay out of the simulator. */\n", "text/css", 200, anywhere);
  }
  sendText(response, "Not found", "text/plain", 404, anywhere);
}
