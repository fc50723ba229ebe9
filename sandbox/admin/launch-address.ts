import type { AdminContext } from "./admin-context.ts";

/** The address with which this browser opens the app for a shop: `application_url`, the path, and Shopify's signed query. */
export async function launchAddress(
  { client, addresses, app }: AdminContext,
  shop: string,
  o: { embedded: boolean; path?: string; acceptLanguage?: string },
): Promise<string> {
  const signed = new URL(
    await client.launchUrl(shop, {
      embedded: o.embedded,
      path: o.path || new URL(app().url).pathname,
      locale: adminLocale(o.acceptLanguage),
    }),
    app().url,
  );
  return addresses.app + signed.pathname + signed.search;
}

/** The language that a member of staff uses the Admin in: here the first that the browser asks for. */
function adminLocale(acceptLanguage = "en"): string {
  const first = acceptLanguage.split(/[,;]/)[0]?.trim() ?? "";
  return /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(first) ? first : "en";
}
