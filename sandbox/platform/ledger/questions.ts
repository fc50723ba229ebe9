import { refreshStanding } from "../chain/refresh-pair.ts";
import { MIGRATION_RETRY_WINDOW_MS } from "../lifetimes.ts";
import type { PlatformState, ShopRecord } from "../state.ts";
import type { Call, Overlap, StoredRow, UsedAfterEnd } from "../types.ts";

/** Whether this is exactly the pair (or the permanent token) that Shopify holds as the shop's newest. */
export function isCurrentPair(
  state: PlatformState,
  shopDomain: string,
  pair: { accessToken: string; refreshToken: string | null },
): boolean {
  const tokens = state.shops.get(shopDomain)?.tokens;
  if (!tokens) return false;
  if (pair.refreshToken === null) return tokens.permanent?.accessToken === pair.accessToken;
  return tokens.head?.accessToken === pair.accessToken && tokens.head.refreshToken === pair.refreshToken;
}

/**
 * Shops whose stored row can never be refreshed again although Shopify holds a usable pair for them: lost for good until
 * the merchant comes back, and the app's own doing. Uninstalled shops, and shops for which no usable pair exists, are
 * not orphans.
 */
export function orphans(state: PlatformState, rows: readonly StoredRow[]): string[] {
  const now = state.clock.now();
  const lost: string[] = [];
  for (const row of rows) {
    const shop = state.shops.get(row.shop);
    if (!shop?.installed) continue;
    const { tokens } = shop;
    const head = tokens.head;
    if (!head || !refreshStanding(tokens, head.refreshToken, now).usable) continue;
    if (!recoverable(shop, row, now)) lost.push(row.shop);
  }
  return lost;
}

function recoverable(shop: ShopRecord, row: StoredRow, now: number): boolean {
  const { tokens } = shop;
  if (row.refreshToken !== null) return refreshStanding(tokens, row.refreshToken, now).usable;
  if (tokens.permanent?.accessToken === row.accessToken) return true;
  const { migration } = tokens;
  return migration?.permanentToken === row.accessToken && now < migration.at + MIGRATION_RETRY_WINDOW_MS;
}

/** Token calls of one shop whose times overlap, each pair once. A caller that went away ended its call. */
export function overlaps(calls: readonly Call[]): Overlap[] {
  const byShop = new Map<string, Call[]>();
  for (const call of calls) {
    if (call.endpoint !== "token") continue;
    const list = byShop.get(call.shop);
    if (list) list.push(call);
    else byShop.set(call.shop, [call]);
  }
  const found: Overlap[] = [];
  for (const [shop, list] of byShop) {
    list.sort((a, b) => a.startedWall - b.startedWall);
    let open: Call[] = [];
    for (const call of list) {
      open = open.filter((other) => (other.endedWall ?? Infinity) > call.startedWall);
      for (const other of open) found.push({ shop, first: other, second: call });
      open.push(call);
    }
  }
  return found;
}

/**
 * Calls that began before a `Retry-After` had passed. `toleranceMs` forgives timers that fire a little early, and calls
 * that were already on their way when the answer went out. Default 5.
 */
export function retryAfterBroken(calls: readonly Call[], toleranceMs = 5): Call[] {
  const key = (endpoint: string, shop: string): string => `${endpoint} ${shop}`;
  const waits = new Map<string, { from: number; until: number }[]>();
  for (const call of calls) {
    if (call.retryUntilWall === undefined || call.endedWall === undefined) continue;
    const wait = { from: call.endedWall + toleranceMs, until: call.retryUntilWall - toleranceMs };
    const of = key(call.endpoint, call.retryForAll ? "" : call.shop);
    const list = waits.get(of);
    if (list) list.push(wait);
    else waits.set(of, [wait]);
  }
  if (waits.size === 0) return [];
  for (const list of waits.values()) {
    list.sort((a, b) => a.from - b.from);
    // From here on `until` is the latest end of all waits that began so far, so one look tells.
    for (let i = 1; i < list.length; i++) list[i]!.until = Math.max(list[i]!.until, list[i - 1]!.until);
  }
  return calls.filter((call) =>
    [waits.get(key(call.endpoint, call.shop)), waits.get(key(call.endpoint, ""))].some(
      (list) => list !== undefined && call.startedWall < latestWait(list, call.startedWall),
    ),
  );
}

/** The end of the waits that had begun before `at`; -Infinity when there was none. By bisection. */
function latestWait(list: readonly { from: number; until: number }[], at: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.from < at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? -Infinity : list[low - 1]!.until;
}

/** Calls with a token that had ended by then, with the reason it ended. */
export function usedAfterEnd(state: PlatformState): UsedAfterEnd[] {
  const { ledger } = state;
  return ledger.usedAfterEnd.map((use) => {
    const { value: _value, ...token } = ledger.tokens[use.token - 1]!;
    return { call: ledger.calls[use.call - 1]!, token, reason: use.reason };
  });
}
