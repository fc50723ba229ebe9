import type { IncomingMessage, ServerResponse } from "node:http";
import type { ShopView } from "../platform/types.ts";
import { storeHandle } from "./addresses.ts";
import type { AdminContext } from "./admin-context.ts";
import { redirect, sendHtml } from "./http-answers.ts";
import { launchAddress } from "./launch-address.ts";
import { appPage } from "./pages/app-page.ts";
import { grantPage } from "./pages/install-pages.ts";
import { messagePage } from "./pages/message-page.ts";

interface AppPageRequest {
  shop: ShopView;
  url: URL;
  /** `/{handle or client id}` and the path inside the app. */
  rest: string;
}

const STANDING_TEXTS: Record<string, string> = {
  frozen: "This store is frozen until its plan is paid. Its apps cannot be opened.",
  locked: "This store is locked for now. Its apps cannot be opened.",
  closed: "This store is closed.",
};

/** `/store/{store}/apps/{handle or client id}/…`: the app in its frame, the page that installs it, or why neither. */
export async function handleAppPage(
  request: IncomingMessage,
  response: ServerResponse,
  { shop, url, rest }: AppPageRequest,
  context: AdminContext,
): Promise<void> {
  const { addresses, client, controlUrl } = context;
  const app = context.app();
  const store = `${addresses.admin}/store/${storeHandle(shop.shop)}`;
  const [, key = "", path = ""] = /^\/([^/]+)(\/.*)?$/.exec(rest) ?? [];
  if (key !== app.handle && key !== app.clientId) {
    const link = { href: `${store}/apps`, label: "Apps" };
    return sendHtml(response, messagePage({ addresses, title: "This app isn’t known here", text: key, link }), 404);
  }
  const standing = STANDING_TEXTS[shop.standing];
  if (standing) {
    const link = { href: controlUrl, label: "Simulator control" };
    return sendHtml(response, messagePage({ addresses, title: shop.name, text: standing, link }));
  }

  if (request.method === "POST" && path === "/-/uninstall") {
    await client.uninstall(shop.shop);
    return redirect(response, `${store}/apps`, 303);
  }
  if (request.method === "POST" && path === "/-/install") {
    if (!shop.installed) await client.installShop(shop.shop, { token: "none", scopes: app.scopes });
    return redirect(response, `${store}/apps/${app.handle}`, 303);
  }
  // A legacy installation is begun by the app: Shopify opens it as a page of its own, and it asks for the grant.
  if (!shop.installed && app.legacyInstallFlow) {
    return redirect(response, await launchAddress(context, shop.shop, { embedded: false }));
  }
  if (!shop.installed) {
    return sendHtml(
      response,
      grantPage({
        addresses,
        appName: app.name,
        shop: shop.shop,
        shopName: shop.name,
        scopes: app.scopes,
        action: `${store}/apps/${app.handle}/-/install`,
        cancelUrl: store,
      }),
    );
  }
  const frameUrl = await launchAddress(context, shop.shop, {
    embedded: true,
    path: path + url.search,
    acceptLanguage: request.headers["accept-language"],
  });
  sendHtml(
    response,
    appPage({
      addresses,
      controlUrl,
      app,
      shop: { ...shop, token: "none" },
      frameUrl,
      homePath: new URL(app.url).pathname,
    }),
  );
}
