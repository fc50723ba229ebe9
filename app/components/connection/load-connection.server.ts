import type { AdminContext } from "../../auth/authenticate.server.ts";
import { services } from "../../services.server.ts";
import { viewConnection } from "./connection-view.ts";
import { findShopFacts } from "./shop-facts.server.ts";

/** What both pages say of a connection. Shopify is asked first: what its answer changes is on the page already. */
export async function loadConnection(context: AdminContext) {
  const { env, tokens } = services;
  const { shop } = context;
  const facts = await findShopFacts(context);
  let state = await context.admin.state();
  if (facts && state.suspendedAt) {
    await tokens.recordResumed(shop);
    state = { ...state, suspendedAt: undefined };
  }
  return { shop, facts, connection: viewConnection(state, env.phase, Date.now()) };
}
