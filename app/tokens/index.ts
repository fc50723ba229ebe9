import { createAdminClient } from "./access/admin-client.ts";
import { probeApplicationToken } from "./access/probe-application-token.ts";
import { withAuthorizationCodeGrant } from "./access/authorization-code-grant.ts";
import { createContext } from "./context.ts";
import { getSession, refreshOnce } from "./access/get-fresh-session.ts";
import { clearSuspended } from "./renew/mark-shop.ts";
import { migrateShop } from "./renew/migrate-shop.ts";
import { recordRedacted } from "./events/record-redacted.ts";
import { recordScopes } from "./events/record-scopes.ts";
import { recordUninstalled } from "./events/record-uninstalled.ts";
import { updateScopes } from "./events/update-scopes.ts";
import { runWithRequest } from "./access/request-context.ts";
import { createSessionStorage } from "./access/session-storage.ts";
import { pruneEvents, readHistory, readShopState, withoutRefreshToken } from "./records/shop-state.ts";
import { normalShopName } from "./records/shop-name.ts";
import { createSuspendedShops } from "./records/suspended-shops.ts";
import { findShopsToReconcile, reconcile } from "./renew/reconcile.ts";
import { findShopsToKeepAlive, readTokenHealth } from "./records/token-health.ts";
import { convertRows } from "./sealing/convert-rows.ts";
import { findKeyProblem, RECHECK_MS } from "./sealing/key-problem.ts";
import { readSealingReport } from "./sealing/sealing-report.ts";
import { findPinnedChains } from "./rotation/pinned-chains.ts";
import { repinShop } from "./rotation/repin-shop.ts";
import { readRotationReport } from "./rotation/rotation-report.ts";
import { adoptAllUnstored, adoptUnstoredOf } from "./storage/adopt-unstored.ts";
import { explainFailedStore } from "./storage/explain-failed-store.ts";
import { forgetUnstoredOf } from "./storage/unstored-pairs.ts";
import { findStorageProblem, recentStorageProblem } from "./storage/find-storage-problem.ts";
import type { TokenDependencies, Tokens } from "./types.ts";

export * from "./errors.ts";
export {
  isExemptDistribution,
  isPermanentToken,
  isRefusedForGood,
  PERMANENT_TOKEN_PREDICATE,
  tokenFingerprint,
} from "./records/permanent-token.ts";
export {
  countRemainingTokens,
  lookAtRemainingTokens,
  JOIN_SHOP_TOKEN,
  listRemainingTokens,
  LIVING_PERMANENT_SESSION,
  REMAINING_REASON,
} from "./records/remaining-tokens.ts";
export { makeTokenKey, parseTokenKeys, type TokenKey } from "./sealing/token-keys.ts";
export { isLastingRefusal } from "../infra/database/database-error.ts";
export { findTableProblem, findUnmarkedRows } from "./storage/find-table-problem.ts";
export { describeStorageProblem } from "./storage/problem/storage-problem.ts";
export { isShopName, normalShopName } from "./records/shop-name.ts";
export { readApplicationKey } from "./shopify/application-only-token.ts";
export { installShopifyFetch, keepShopifyFetch, reachOtherBuild } from "./shopify/shopify-fetch.ts";
export { countPermanentTokens } from "./records/token-health.ts";
export { CALL_TIMEOUT_MS, LOST_CALL_MS } from "./renew/timing.ts";
export type * from "./types.ts";

/**
 * The life of offline access tokens, for one app in one phase. Make one per process and keep it; any number of processes may
 * share a database. Nothing starts by itself and nothing has to be closed.
 */
export function createTokens(deps: TokenDependencies): Tokens {
  const ctx = createContext(deps);
  ctx.storage.explainFailed = (shop) => explainFailedStore(ctx, shop);
  const suspended = createSuspendedShops(ctx);
  const of = normalShopName;
  return {
    sessionStorage: createSessionStorage(ctx),
    getSession: async (shop, options) => withoutRefreshToken(await getSession(ctx, of(shop), options)),
    admin: (shop, options) => createAdminClient(ctx, suspended, of(shop), options),
    probeApplicationToken: (shop) => probeApplicationToken(ctx, of(shop)),
    withRequest: (context, run) => runWithRequest(context, run),
    withAuthorizationCodeGrant: (shop, run, stored) => withAuthorizationCodeGrant(ctx, of(shop), run, stored),
    migrate: (shop, options) => migrateShop(ctx, of(shop), options),
    refresh: async (shop) => withoutRefreshToken(await refreshOnce(ctx, of(shop))),
    recordUninstalled: async (shop, at) => {
      await adoptUnstoredOf(ctx, of(shop));
      return recordUninstalled(ctx, of(shop), at);
    },
    recordRedacted: async (shop, at) => {
      // First what is known goes where Shopify is asked about it.
      await adoptUnstoredOf(ctx, of(shop));
      const said = await recordRedacted(ctx, of(shop), at);
      if (said.forgotten) await forgetUnstoredOf(ctx, of(shop));
      return said;
    },
    recordResumed: (shop) => clearSuspended(ctx, of(shop)),
    updateScopes: (shop) => updateScopes(ctx, createAdminClient(ctx, suspended, of(shop)), of(shop)),
    recordScopes: (shop, scopes, at) => recordScopes(ctx, of(shop), scopes, at),
    state: (shop) => readShopState(ctx, of(shop)),
    history: (shop, limit = 20) => readHistory(ctx, of(shop), limit),
    health: () => readTokenHealth(ctx),
    shopsToKeepAlive: (issuedBefore, limit) => findShopsToKeepAlive(ctx, issuedBefore, limit),
    pruneEvents: (before) => pruneEvents(ctx, before),
    storageProblem: ({ recent = false } = {}) => (recent ? recentStorageProblem(ctx) : findStorageProblem(ctx)),
    keyProblem: () => findKeyProblem(ctx, { maxAgeMs: RECHECK_MS }),
    convertRows: (options) => convertRows(ctx, options),
    sealing: () => readSealingReport(ctx),
    isRotating: ctx.previousClientSecret !== undefined,
    rotation: (options) => readRotationReport(ctx, options),
    pinnedChains: (after, limit) => findPinnedChains(ctx, after, limit),
    repin: (shop, options) => repinShop(ctx, of(shop), options),
    adoptUnstored: () => adoptAllUnstored(ctx),
    shopsToReconcile: (limit) => findShopsToReconcile(ctx, limit),
    reconcile: (shop) => reconcile(ctx, of(shop)),
  };
}
