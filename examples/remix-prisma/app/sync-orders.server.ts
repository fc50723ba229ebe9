import { unauthenticated } from "./shopify.server.ts";

/** A background job, by shop. */
export async function syncOrders(shop: string): Promise<string> {
  const { admin } = await unauthenticated.admin(shop);
  const response = await admin.graphql("{ shop { myshopifyDomain } }");
  const { data } = (await response.json()) as { data: { shop: { myshopifyDomain: string } } };
  return data.shop.myshopifyDomain;
}
