import shopify, { sessionStorage } from "./shopify.js";

/** A background job, by shop. */
export async function syncOrders(shop) {
  const session = await sessionStorage.loadSession(shopify.api.session.getOfflineId(shop));
  const client = new shopify.api.clients.Graphql({ session });
  const { data } = await client.request("{ shop { myshopifyDomain } }");
  return data.shop.myshopifyDomain;
}
