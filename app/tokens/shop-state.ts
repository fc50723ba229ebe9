import type { TokenContext } from "./context.ts";
import { readSession } from "./read-session.ts";
import { tokenStatus } from "./token-status.ts";
import type { ShopTokenState, TokenHistoryEntry } from "./types.ts";

/** What a page may say about a shop's connection to Shopify. Holds no token. */
export async function readShopState(ctx: TokenContext, shop: string): Promise<ShopTokenState> {
  const session = await readSession(ctx, shop);
  const row = await ctx.prisma.shopToken.findUnique({ where: { shop } });
  return {
    shop,
    ...tokenStatus(session, ctx.now()),
    generation: row?.generation ?? 0,
    scope: session?.scope,
    expires: session?.expires,
    refreshTokenExpires: session?.refreshTokenExpires,
    needsReauthAt: row?.needsReauthAt ?? undefined,
    needsReauthWhy: row?.needsReauthWhy ?? undefined,
    suspendedAt: row?.suspendedAt ?? undefined,
    suspendedWhy: row?.suspendedWhy ?? undefined,
    uninstalledAt: row?.uninstalledAt ?? undefined,
    acquiredAt: row?.acquiredAt ?? undefined,
    migratedAt: row?.migratedAt ?? undefined,
    refreshedAt: row?.refreshedAt ?? undefined,
  };
}

/** What happened to a shop's token, the latest first. */
export async function readHistory(ctx: TokenContext, shop: string, limit: number): Promise<TokenHistoryEntry[]> {
  const events = await ctx.prisma.tokenEvent.findMany({ where: { shop }, orderBy: { id: "desc" }, take: limit });
  return events.map(({ at, kind, generation, code, detail }) => ({
    at,
    kind,
    generation: generation ?? undefined,
    code: code ?? undefined,
    detail: detail ?? undefined,
  }));
}

/** `app/scopes_update`: what the merchant has granted now. Touches no token. */
export async function recordScopes(ctx: TokenContext, shop: string, scopes: readonly string[]): Promise<void> {
  await ctx.prisma.session.updateMany({
    where: { id: ctx.api.session.getOfflineId(shop), isOnline: false },
    data: { scope: scopes.join(",") },
  });
}

/** Deletes history older than `before`, in portions, so that no statement runs long. @returns how many entries went. */
export async function pruneEvents(ctx: TokenContext, before: Date): Promise<number> {
  let pruned = 0;
  for (;;) {
    const gone = await ctx.prisma.$executeRaw`
      DELETE FROM "TokenEvent" WHERE "id" IN (
        SELECT "id" FROM "TokenEvent" WHERE "at" < ${before.toISOString()}::timestamptz ORDER BY "at" LIMIT 5000)`;
    pruned += gone;
    if (gone < 5_000) return pruned;
  }
}
