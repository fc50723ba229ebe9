import type { AdminContext } from "../../auth/authenticate.server.ts";
import { services } from "../../services.server.ts";
import { viewConnection, type ConnectionView } from "./connection-view.ts";
import { findShopFacts, type ShopFacts } from "./shop-facts.server.ts";

export interface LoadedConnection {
  shop: string;
  /** Undefined when Shopify does not answer now. */
  facts: ShopFacts | undefined;
  connection: ConnectionView;
}

/** What both pages say of a connection. Shopify is asked first: what its answer changes is on the page already. */
export async function loadConnection(context: AdminContext): Promise<LoadedConnection> {
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
