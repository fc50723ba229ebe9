import { createAdminClient } from "./access/admin-client.ts";
import { withAuthorizationCodeGrant } from "./access/authorization-code-grant.ts";
import { createContext } from "./context.ts";
import { getSession, refreshOnce } from "./access/get-session.ts";
import { migrateShop } from "./renew/migrate-shop.ts";
import { withoutRefreshToken } from "./records/read-session.ts";
import { recordRedacted, recordUninstalled } from "./events/record-uninstalled.ts";
import { runWithRequest } from "./access/request-context.ts";
import { createSessionStorage } from "./access/session-storage.ts";
import { pruneEvents, readHistory, readShopState, recordScopes } from "./records/shop-state.ts";
import { createSuspendedShops } from "./records/suspended-shops.ts";
import { findShopsToReconcile, reconcile } from "./renew/reconcile.ts";
import { findShopsToKeepAlive, readTokenHealth } from "./records/token-health.ts";
import type { TokenDependencies, Tokens } from "./types.ts";

export * from "./errors.ts";
export { PERMANENT_TOKEN_PREDICATE, isPermanentToken } from "./records/permanent-token.ts";
export { createShopifyFetch, installShopifyFetch } from "./shopify/shopify-fetch.ts";
export { countPermanentTokens } from "./records/token-health.ts";
export { tokenStatus, type StoredToken, type TokenStatus, type TokenStatusName } from "./records/token-status.ts";
export { CALL_TIMEOUT_MS, LEASE_MS, REFRESH_MARGIN_MS } from "./renew/timing.ts";
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
    refresh: async (shop) => withoutRefreshToken(await refreshOnce(ctx, shop)),
    recordUninstalled: (shop, at) => recordUninstalled(ctx, shop, at),
    recordRedacted: (shop) => recordRedacted(ctx, shop),
    recordScopes: (shop, scopes) => recordScopes(ctx, shop, scopes),
    state: (shop) => readShopState(ctx, shop),
    history: (shop, limit = 20) => readHistory(ctx, shop, limit),
    health: () => readTokenHealth(ctx),
    shopsToKeepAlive: (issuedBefore, limit) => findShopsToKeepAlive(ctx, issuedBefore, limit),
    pruneEvents: (before) => pruneEvents(ctx, before),
    shopsToReconcile: (limit) => findShopsToReconcile(ctx, limit),
    reconcile: (shop) => reconcile(ctx, shop),
  };
}
