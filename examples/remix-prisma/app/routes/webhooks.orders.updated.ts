import { authenticate } from "../shopify.server.ts";

/** Needs the Admin API when it can have it. */
export const action = async ({ request }: { request: Request }) => {
  const { admin } = await authenticate.webhook(request);
  if (admin) await admin.graphql("{ shop { name } }");
  return new Response();
};
