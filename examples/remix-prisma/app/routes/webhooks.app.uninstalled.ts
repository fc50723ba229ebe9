import db from "../db.server.ts";
import { authenticate } from "../shopify.server.ts";

export const action = async ({ request }: { request: Request }) => {
  const { shop, session, topic } = await authenticate.webhook(request);
  console.log(`Received ${topic} webhook for ${shop}`);
  // Webhook requests can trigger multiple times and after an app has already been uninstalled.
  if (session) await db.session.deleteMany({ where: { shop } });
  return new Response();
};
