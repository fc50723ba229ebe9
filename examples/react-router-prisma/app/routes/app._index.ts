import { authenticate } from "../shopify.server.ts";

export const loader = async ({ request }: { request: Request }) => {
  const { admin } = await authenticate.admin(request);
  const response = await admin.graphql("{ shop { myshopifyDomain } }");
  const { data } = (await response.json()) as { data: { shop: { myshopifyDomain: string } } };
  return Response.json({ shop: data.shop.myshopifyDomain });
};
