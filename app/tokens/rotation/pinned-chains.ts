import sql, { raw, type Sql } from "sql-template-tag";
import type { TokenContext } from "../context.ts";
import { isRefusedForGood, PERMANENT_TOKEN_PREDICATE, tokenFingerprint } from "../records/permanent-token.ts";
import { date } from "../records/read-life.ts";
import { JOIN_SHOP_TOKEN } from "../records/remaining-tokens.ts";
import { SHOP_DOMAIN } from "../records/shop-name.ts";
import { LOST_WITH_LEASE } from "../renew/lease.ts";
import type { PinnedChain } from "./types.ts";

const JOINED = raw(`"Session" s ${JOIN_SHOP_TOKEN}`);

/** SQL: the session of a shop whose chain lives, as far as is known. */
const livingChain = (ctx: TokenContext): Sql => sql`
  s."refreshToken" <> '' AND NOT s."isOnline" AND lower(s."id") = 'offline_' || lower(s."shop") AND lower(s."shop") ~ ${SHOP_DOMAIN}
  AND NOT ${raw(isRefusedForGood("s", "t"))}
  AND (s."refreshTokenExpires" IS NULL
    OR s."refreshTokenExpires" > ${ctx.sessions.stored("refreshTokenExpires", sql`${new Date(ctx.now()).toISOString()}::timestamptz`)})`;

/**
 * SQL: whether a client secret is on record as the one that made the chain that is stored. A record about another chain says nothing, so that a
 * row written by an older release or from a backup counts as unknown. Chains are told by a hash, so it is made of those alone that could be it.
 */
const madeWith = (secret: string | undefined): Sql =>
  sql`CASE WHEN t."clientSecret" = ${secret ?? null}::text THEN (t."clientSecretToken" = ${raw(tokenFingerprint("s"))}) IS TRUE ELSE false END`;

/** Shops whose chain is not on record as made with the current client secret, by name. @param after the last one of the page before. */
export async function findPinnedChains(ctx: TokenContext, after: string, limit: number): Promise<PinnedChain[]> {
  return ctx.db.query<PinnedChain[]>(sql`
    SELECT lower(s."shop") AS "shop", CASE WHEN ${madeWith(ctx.previousClientSecret)} THEN 'previous' ELSE 'unknown' END AS "why",
      CASE WHEN t."suspendedAt" IS NOT NULL THEN coalesce(t."suspendedWhy", 'suspended') END AS "suspended"
    FROM ${JOINED} WHERE ${livingChain(ctx)} AND NOT ${madeWith(ctx.clientSecret)} AND lower(s."shop") COLLATE "C" > ${after}
    ORDER BY lower(s."shop") COLLATE "C" LIMIT ${limit}`);
}

/** Whether one shop's chain is still pinned. */
export async function isPinned(ctx: TokenContext, shop: string): Promise<boolean> {
  const rows = await ctx.db.query<object[]>(sql`
    SELECT 1 FROM ${JOINED} WHERE s."id" = ${ctx.api.session.getOfflineId(shop)} AND ${livingChain(ctx)} AND NOT ${madeWith(ctx.clientSecret)}`);
  return rows.length > 0;
}

export interface ChainCounts {
  chains: number;
  previous: number;
  unknown: number;
  suspended: number;
}

/** How many chains live, and which secret made them. Reads the whole table. */
export async function countChains(ctx: TokenContext): Promise<ChainCounts> {
  const [counts] = await ctx.db.query<[ChainCounts]>(sql`
    SELECT count(*)::int AS "chains", (count(*) FILTER (WHERE "why" = 'previous'))::int AS "previous",
      (count(*) FILTER (WHERE "why" = 'unknown'))::int AS "unknown",
      (count(*) FILTER (WHERE "why" <> 'current' AND "isSuspended"))::int AS "suspended"
    FROM (
      SELECT CASE WHEN ${madeWith(ctx.clientSecret)} THEN 'current' WHEN ${madeWith(ctx.previousClientSecret)} THEN 'previous' ELSE 'unknown' END AS "why",
        t."suspendedAt" IS NOT NULL AS "isSuspended"
      FROM ${JOINED} WHERE ${livingChain(ctx)}) c`);
  return counts;
}

/**
 * Migrations without an answer whose permanent token is still stored: for seven days after it Shopify gives the same pair again, to the same
 * client credentials alone. A call that may be under way counts.
 * @see https://shopify.dev/changelog/more-resilient-token-exchanges-when-migrating-tokens-without-a-user-session
 */
export async function findOpenRetries({ db }: TokenContext): Promise<{ count: number; until: Date | undefined }> {
  const [{ count, untilMs }] = await db.query<[{ count: number; untilMs: number | null }]>(raw(OPEN_RETRIES));
  return { count, until: date(untilMs) };
}

const OPEN_RETRIES = `
  SELECT count(*)::int AS "count", (EXTRACT(EPOCH FROM max("lostAt") + interval '7 days') * 1000)::float8 AS "untilMs"
  FROM (
    SELECT ${LOST_WITH_LEASE} AS "lostAt" FROM expand_contract."ShopToken" t JOIN "Session" s ON s."id" = 'offline_' || t."shop"
    WHERE ${PERMANENT_TOKEN_PREDICATE} AND NOT ${isRefusedForGood("s", "t")}) r
  WHERE "lostAt" > clock_timestamp() - interval '7 days'`;
