import sql, { raw, type Sql } from "sql-template-tag";
import type { TokenContext } from "../context.ts";
import { keptCount } from "./kept-count.ts";
import { isRefusedForGood } from "./permanent-token.ts";
import { LIVING_PERMANENT_SESSION } from "./remaining-tokens.ts";
import { SHOP_DOMAIN } from "./shop-name.ts";
import { FOURTEEN_DAYS_MS, REFRESH_TOKEN_LIFETIME_MS } from "../renew/timing.ts";
import type { TokenHealth } from "../types.ts";

const PERMANENT_TOKENS = raw(`"Session" s WHERE ${LIVING_PERMANENT_SESSION}`);

/** How many sessions hold a permanent token that Shopify has not refused for good. Cheap by the partial index. */
export async function countPermanentTokens(ctx: Pick<TokenContext, "db">): Promise<number> {
  return countRows(ctx, PERMANENT_TOKENS);
}

async function countRows({ db }: Pick<TokenContext, "db">, from: Sql): Promise<number> {
  const [row] = await db.query<[{ count: number }]>(sql`SELECT count(*)::int AS "count" FROM ${from}`);
  return row.count;
}

const SESSIONS = `
  SELECT (count(*) FILTER (WHERE "accessToken" LIKE 'shpat\\_%'))::int AS "legacyPrefixRows",
    (count(*) FILTER (WHERE "refreshToken" <> ''))::int AS "expiringTokens"
  FROM "Session" WHERE NOT "isOnline"`;

type SessionCounts = Pick<TokenHealth, "legacyPrefixRows" | "expiringTokens">;

/** Reads the whole table. */
async function countSessions(ctx: TokenContext): Promise<SessionCounts> {
  const [counts] = await ctx.db.query<[SessionCounts]>({ text: SESSIONS, values: [] });
  return counts;
}

const sizeOf = ({ legacyPrefixRows, expiringTokens }: SessionCounts) => Math.max(legacyPrefixRows, expiringTokens);

/** Everything a monitor asks for, measured in docs/benchmarks/health.md. Where a number is large it may be a little old. */
export async function readTokenHealth(ctx: TokenContext): Promise<TokenHealth> {
  const soon = storedMoment(ctx, new Date(ctx.now() + FOURTEEN_DAYS_MS));
  const [permanentTokens, sessions, refreshTokensExpiringIn14Days, needsReauth, suspended] = await Promise.all([
    ctx.isExempt ? 0 : keptCount(ctx, "permanent", () => countPermanentTokens(ctx), Number),
    keptCount(ctx, "sessions", () => countSessions(ctx), sizeOf),
    countRows(
      ctx,
      sql`"Session" WHERE NOT "isOnline" AND "refreshToken" IS NOT NULL AND "refreshToken" <> '' AND "refreshTokenExpires" < ${soon}`,
    ),
    // Each of the two columns has an index.
    countRows(ctx, sql`expand_contract."ShopToken" WHERE "needsReauthAt" IS NOT NULL`),
    countRows(ctx, sql`expand_contract."ShopToken" WHERE "suspendedAt" IS NOT NULL`),
  ]);
  return { permanentTokens, ...sessions, refreshTokensExpiringIn14Days, needsReauth, suspended };
}

/** As the column of refresh tokens' ends keeps it. */
function storedMoment(ctx: TokenContext, moment: Date): Sql {
  return ctx.sessions.stored("refreshTokenExpires", sql`${moment.toISOString()}::timestamptz`);
}

const REFUSED = raw(isRefusedForGood("s", "t"));

/**
 * Shops whose pair was issued before `issuedBefore`: half of them the most urgent, suspended ones last; the other half any. Shops whose refresh
 * brings nothing and decides nothing (closed stores, for one) stay the most urgent, and must not keep the others waiting, however many
 * they are. Those that need their merchant are left out. Rows that are not the session of a shop are passed over.
 */
export async function findShopsToKeepAlive(ctx: TokenContext, issuedBefore: Date, limit: number): Promise<string[]> {
  const endsBefore = storedMoment(ctx, new Date(issuedBefore.getTime() + REFRESH_TOKEN_LIFETIME_MS));
  const rows = await ctx.db.query<{ shop: string }[]>(sql`
    WITH due AS (
      SELECT lower(s."shop") AS "shop", t."suspendedAt" IS NOT NULL AS "isSuspended", s."refreshTokenExpires" AS "ends"
      FROM "Session" s LEFT JOIN expand_contract."ShopToken" t ON t."shop" = lower(s."shop")
      WHERE lower(s."id") = 'offline_' || lower(s."shop") AND lower(s."shop") ~ ${SHOP_DOMAIN} AND NOT s."isOnline" AND s."refreshToken" IS NOT NULL
        AND s."refreshTokenExpires" < ${endsBefore} AND s."refreshToken" <> '' AND NOT ${REFUSED}
    ), urgent AS (SELECT "shop" FROM due ORDER BY "isSuspended", "ends" LIMIT ${Math.ceil(limit / 2)})
    SELECT "shop" FROM urgent UNION ALL
    (SELECT "shop" FROM due WHERE "shop" NOT IN (SELECT "shop" FROM urgent) ORDER BY random() LIMIT ${Math.floor(limit / 2)})`);
  return rows.map((row) => row.shop);
}
