import type { TokenContext } from "./context.ts";
import { PERMANENT_TOKEN_PREDICATE } from "./permanent-token.ts";
import { FOURTEEN_DAYS_MS, REFRESH_TOKEN_LIFETIME_MS } from "./timing.ts";
import type { TokenHealth } from "./types.ts";

const PERMANENT_TOKENS = `SELECT count(*)::int AS "count" FROM "Session" WHERE ${PERMANENT_TOKEN_PREDICATE}`;

/** How many sessions are permanent: 0 is the proof that the migration is over. Cheap by the partial index. */
export async function countPermanentTokens({ prisma }: Pick<TokenContext, "prisma">): Promise<number> {
  const [row] = await prisma.$queryRawUnsafe<{ count: number }[]>(PERMANENT_TOKENS);
  return row?.count ?? 0;
}

export async function readTokenHealth(ctx: TokenContext): Promise<TokenHealth> {
  const soon = new Date(ctx.now() + FOURTEEN_DAYS_MS);
  const expiring = { isOnline: false, refreshToken: { not: null } };
  const [permanentTokens, legacyPrefixRows, expiringTokens, needsReauth, suspended, refreshTokensExpiringIn14Days] =
    await Promise.all([
      countPermanentTokens(ctx),
      ctx.prisma.session.count({ where: { isOnline: false, accessToken: { startsWith: "shpat_" } } }),
      ctx.prisma.session.count({ where: expiring }),
      ctx.prisma.shopToken.count({ where: { needsReauthAt: { not: null } } }),
      ctx.prisma.shopToken.count({ where: { suspendedAt: { not: null } } }),
      ctx.prisma.session.count({ where: { ...expiring, refreshTokenExpires: { lt: soon } } }),
    ]);
  return { permanentTokens, legacyPrefixRows, expiringTokens, needsReauth, suspended, refreshTokensExpiringIn14Days };
}

/** Shops whose pair was issued before `issuedBefore`, the most urgent first; those that need their merchant are left out. */
export async function findShopsToKeepAlive(ctx: TokenContext, issuedBefore: Date, limit: number): Promise<string[]> {
  const endsBefore = new Date(issuedBefore.getTime() + REFRESH_TOKEN_LIFETIME_MS).toISOString();
  const rows = await ctx.prisma.$queryRaw<{ shop: string }[]>`
    SELECT s."shop" FROM "Session" s LEFT JOIN "ShopToken" t ON t."shop" = s."shop"
    WHERE NOT s."isOnline" AND s."refreshToken" IS NOT NULL
      AND s."refreshTokenExpires" < ${endsBefore}::timestamptz AT TIME ZONE 'UTC'
      AND t."needsReauthAt" IS NULL
    ORDER BY s."refreshTokenExpires" LIMIT ${limit}`;
  return rows.map((row) => row.shop);
}
