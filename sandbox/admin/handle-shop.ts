import type { ServerResponse } from "node:http";
import { storeHandle } from "./addresses.ts";
import type { AdminContext } from "./admin-context.ts";
import { redirect, sendHtml } from "./http-answers.ts";
import { messagePage } from "./pages/message-page.ts";

/** https://{shop}.myshopify.com: old addresses of the Admin lead to the new ones, `/admin/oauth/authorize` and the rest are the platform's. */
export function handleShop(
  response: ServerResponse,
  { shop, path }: { shop: string; path: string },
  context: AdminContext,
  passOn: (path: string) => void,
): void {
  const { pathname, search } = new URL(path, "http://shop");
  const store = `${context.addresses.admin}/store/${storeHandle(shop)}`;
  if (pathname === "/") {
    const link = { href: store, label: "Open the Admin" };
    return sendHtml(
      response,
      messagePage({ addresses: context.addresses, title: shop, text: "The simulator has no storefront.", link }),
    );
  }
  if (pathname === "/admin" || pathname === "/admin/") return redirect(response, store);
  if (pathname === "/admin/oauth/install") return redirect(response, `${store}/oauth/install${search}`);
  if (pathname.startsWith("/admin/apps/")) return redirect(response, store + pathname.slice("/admin".length) + search);
  passOn(path);
}
