import type { TokenContext } from "../context.ts";
import { readLife } from "./read-life.ts";
import { readSession } from "./read-session.ts";
import { tokenStatus } from "./token-status.ts";
import type { ShopTokenState, TokenHistoryEntry } from "../types.ts";

/** What a page may say about a shop's connection to Shopify. Holds no token. */
export async function readShopState(ctx: TokenContext, shop: string): Promise<ShopTokenState> {
  const session = await readSession(ctx, shop);
  const life = await readLife(ctx, shop);
  return {
    shop,
    ...tokenStatus(session, ctx.now(), ctx.isExempt),
    scope: session?.scope,
    expires: session?.expires,
    refreshTokenExpires: session?.refreshTokenExpires,
    ...life,
  };
}

/** What happened to a shop's token, the latest first. */
export async function readHistory(ctx: TokenContext, shop: string, limit: number): Promise<TokenHistoryEntry[]> {
  const events = await ctx.prisma.$queryRaw<EventRow[]>`
    SELECT (EXTRACT(EPOCH FROM "at") * 1000)::float8 AS "ms", "kind", "generation", "code", "detail"
    FROM "TokenEvent" WHERE "shop" = ${shop} ORDER BY "id" DESC LIMIT ${limit}`;
  return events.map(({ ms, kind, generation, code, detail }) => ({
    at: new Date(ms),
    kind,
    generation: generation ?? undefined,
    code: code ?? undefined,
    detail: detail ?? undefined,
  }));
}

interface EventRow {
  ms: number;
  kind: string;
  generation: number | null;
  code: string | null;
  detail: string | null;
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
