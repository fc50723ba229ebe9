import { createAdminClient } from "./admin-client.ts";
import { withAuthorizationCodeGrant } from "./authorization-code-grant.ts";
import { createContext } from "./context.ts";
import { getSession, refreshCollapsed } from "./get-session.ts";
import { migrateShop } from "./migrate-shop.ts";
import { withoutRefreshToken } from "./read-session.ts";
import { recordRedacted, recordUninstalled } from "./record-uninstalled.ts";
import { runWithRequest } from "./request-context.ts";
import { createSessionStorage } from "./session-storage.ts";
import { pruneEvents, readHistory, readShopState, recordScopes } from "./shop-state.ts";
import { createSuspendedShops } from "./suspended-shops.ts";
import { findShopsInDoubt, settleDoubt } from "./settle-doubt.ts";
import { findShopsToKeepAlive, readTokenHealth } from "./token-health.ts";
import type { TokenDependencies, Tokens } from "./types.ts";

export * from "./errors.ts";
export { PERMANENT_TOKEN_PREDICATE, isPermanentToken } from "./permanent-token.ts";
export { createShopifyFetch, installShopifyFetch } from "./shopify-fetch.ts";
export { countPermanentTokens } from "./token-health.ts";
export { tokenStatus, type StoredToken, type TokenStatus, type TokenStatusName } from "./token-status.ts";
export { CALL_TIMEOUT_MS, LEASE_MS, REFRESH_MARGIN_MS } from "./timing.ts";
export type * from "./types.ts";

/**
 * The life of offline access tokens, for one app in one phase. Make one per process and keep it; any number of processes may
 * share a database. Nothing starts by itself and nothing has to be closed.
 */
export function createTokens(deps: TokenDependencies): Tokens {
  const ctx = createContext(deps);
  const suspended = createSuspendedShops(ctx);
  return {
    sessionStorage: createSessionStorage(ctx),
    getSession: async (shop, options) => withoutRefreshToken(await getSession(ctx, shop, options)),
    admin: (shop, options) => createAdminClient(ctx, suspended, shop, options),
    withRequest: (context, run) => runWithRequest(context, run),
    withAuthorizationCodeGrant: (shop, run, stored) => withAuthorizationCodeGrant(ctx, shop, run, stored),
    migrate: (shop, options) => migrateShop(ctx, shop, options),
    refresh: async (shop) => withoutRefreshToken(await refreshCollapsed(ctx, shop)),
    recordUninstalled: (shop, at) => recordUninstalled(ctx, shop, at),
    recordRedacted: (shop) => recordRedacted(ctx, shop),
    recordScopes: (shop, scopes) => recordScopes(ctx, shop, scopes),
    state: (shop) => readShopState(ctx, shop),
    history: (shop, limit = 20) => readHistory(ctx, shop, limit),
    health: () => readTokenHealth(ctx),
    shopsToKeepAlive: (issuedBefore, limit) => findShopsToKeepAlive(ctx, issuedBefore, limit),
    pruneEvents: (before) => pruneEvents(ctx, before),
    shopsInDoubt: (limit) => findShopsInDoubt(ctx, limit),
    settleDoubt: (shop) => settleDoubt(ctx, shop),
  };
}
