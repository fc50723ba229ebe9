import db from "../db.server.ts";
import { authenticate } from "../shopify.server.ts";

export const action = async ({ request }: { request: Request }) => {
  const { payload, session } = await authenticate.webhook(request);
  const current = payload.current as string[];
  if (session) await db.session.update({ where: { id: session.id }, data: { scope: current.toString() } });
  return new Response();
};
