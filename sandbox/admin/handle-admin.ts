import type { IncomingMessage, ServerResponse } from "node:http";
import { shopOfStore, storeHandle } from "./addresses.ts";
import type { AdminContext } from "./admin-context.ts";
import { handleAppPage } from "./handle-app-page.ts";
import { handleShellRequest } from "./handle-shell-request.ts";
import { isCrossSite, redirect, sendHtml, sendText } from "./http-answers.ts";
import { readBrowserFile } from "./bundle-browser-script.ts";
import { shellScript } from "./browser-scripts.ts";
import { messagePage } from "./pages/message-page.ts";
import { storeHomePage, storeListPage } from "./pages/store-pages.ts";

const PER_PAGE = 25;

/** https://admin.shopify.com: the list of stores, a store's home and apps, the app's page. */
export async function handleAdmin(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  context: AdminContext,
): Promise<void> {
  const url = new URL(path, "http://admin");
  if (request.method !== "GET" && request.method !== "HEAD" && isCrossSite(request)) {
    return sendText(response, "Cross-site request refused", "text/plain", 403);
  }
  if (url.pathname === "/") return sendStoreList(response, url, context);
  if (url.pathname === "/-/admin.css") return sendText(response, readBrowserFile("admin.css"), "text/css");
  if (url.pathname === "/-/shell.js") return sendText(response, shellScript(), "text/javascript");

  const [, store, section, rest] = /^\/store\/([a-z0-9-]+)(?:\/([^/]*)(\/.*)?)?$/i.exec(url.pathname) ?? [];
  const shop = store && (await context.client.shop(shopOfStore(store)).catch(() => undefined));
  if (!shop) return sendNotFound(response, context);
  if (section === "-")
    return handleShellRequest(request, response, { shop, url, name: (rest ?? "").slice(1) }, context);
  if (section === "oauth" && rest === "/install") {
    return redirect(
      response,
      `${context.addresses.admin}/store/${storeHandle(shop.shop)}/apps/${context.app().handle}`,
    );
  }
  if (section === "apps" && rest && rest !== "/") {
    return handleAppPage(request, response, { shop, url, rest }, context);
  }
  if (section === undefined || section === "" || section === "apps") {
    const current = section === "apps" ? "apps" : "home";
    return sendHtml(response, storeHomePage({ ...context, app: context.app(), shop, current }));
  }
  return sendNotFound(response, context);
}

async function sendStoreList(response: ServerResponse, url: URL, context: AdminContext): Promise<void> {
  const search = url.searchParams.get("search") ?? "";
  const page = Math.max(1, Math.floor(Number(url.searchParams.get("page"))) || 1);
  const { shops, total } = await context.client.shops({ search, offset: (page - 1) * PER_PAGE, limit: PER_PAGE });
  sendHtml(response, storeListPage({ ...context, app: context.app(), shops, total, page, perPage: PER_PAGE, search }));
}

function sendNotFound(response: ServerResponse, { addresses }: AdminContext): void {
  const link = { href: `${addresses.admin}/`, label: "All stores" };
  sendHtml(
    response,
    messagePage({
      addresses,
      title: "There’s no page at this address",
      text: "Check the address, or choose a store.",
      link,
    }),
    404,
  );
}
