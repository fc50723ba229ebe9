import type { Pair } from "./chain/token-state.ts";
import { MIGRATION_RETRY_WINDOW_MS } from "./lifetimes.ts";
import type { PlatformState, ShopRecord } from "./state.ts";
import type { PairView, ShopView } from "./types.ts";

const iso = (at: number): string => new Date(at).toISOString();

/** Which offline tokens the shop holds. */
export function tokenKind(shop: ShopRecord): ShopView["token"] {
  const { permanent, head } = shop.tokens;
  if (permanent) return head ? "both" : "permanent";
  return head ? "expiring" : "none";
}

export function viewShop(state: PlatformState, shop: ShopRecord): ShopView {
  const { tokens } = shop;
  const { migration } = tokens;
  const id = (value: string): number => state.ledger.byValue.get(value)?.id ?? 0;
  const pair = (it: Pair | undefined): PairView | undefined =>
    it && {
      accessToken: it.accessToken,
      accessTokenId: id(it.accessToken),
      accessTokenExpiresAt: iso(it.accessExpiresAt),
      refreshToken: it.refreshToken,
      refreshTokenId: id(it.refreshToken),
      refreshTokenExpiresAt: iso(it.refreshExpiresAt),
    };
  return {
    shop: shop.domain,
    id: shop.id,
    name: shop.name,
    plan: shop.plan,
    installed: shop.installed,
    standing: shop.standing,
    scopes: [...shop.scopes],
    token: tokenKind(shop),
    permanentToken: tokens.permanent?.accessToken,
    migration: migration && {
      permanentToken: migration.permanentToken,
      retryUntil: iso(migration.at + MIGRATION_RETRY_WINDOW_MS),
    },
    pair: pair(tokens.head),
    previousPair: pair(tokens.previous),
    timeline: shop.timeline.map((entry) => ({ ...entry, at: iso(entry.at) })),
  };
}
