import type { AdminContext } from "./admin-context.ts";

/** The address with which this browser opens the app for a shop: `application_url`, the path, and Shopify's signed query. */
export async function launchAddress(
  { client, addresses, app }: AdminContext,
  shop: string,
  o: { embedded: boolean; path?: string },
): Promise<string> {
  const signed = new URL(
    await client.launchUrl(shop, { embedded: o.embedded, path: o.path || new URL(app().url).pathname }),
    app().url,
  );
  return addresses.app + signed.pathname + signed.search;
}
