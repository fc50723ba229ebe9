import type { TokenContext } from "../context.ts";
import { isNotExchangeable, isRefusedForGood, isUnreachable, PERMANENT_TOKEN_PREDICATE } from "./permanent-token.ts";
import { keptCount } from "./kept-count.ts";
import { SHOP_DOMAIN } from "./shop-name.ts";

/**
 * SQL: why a permanent row of `Session` (alias `s`) is still there, given its shop's row of `ShopToken` (alias `t`, joined by
 * `JOIN_SHOP_TOKEN`). `migratable` is what a run would try; every other value is a code of the runbook.
 */
export const REMAINING_REASON = `CASE
  WHEN lower(s."id") = 'offline_' || lower(s."shop") AND s."id" <> lower(s."id") AND lower(s."shop") ~ '${SHOP_DOMAIN}'
    AND NOT EXISTS (SELECT FROM "Session" own WHERE own."id" = lower(s."id")) THEN 'migratable'
  WHEN s."id" <> 'offline_' || lower(s."shop") OR lower(s."shop") !~ '${SHOP_DOMAIN}' THEN 'foreign_session'
  WHEN ${isRefusedForGood("s", "t")} THEN coalesce(t."needsReauthWhy", 'needs_reauthorization')
  WHEN t."suspendedAt" IS NOT NULL THEN coalesce(t."suspendedWhy", 'suspended')
  WHEN ${isNotExchangeable("s", "t")} THEN 'not_exchangeable'
  WHEN ${isUnreachable("s", "t")} THEN 'unreachable'
  ELSE 'migratable' END`;

export const JOIN_SHOP_TOKEN = `LEFT JOIN expand_contract."ShopToken" t ON t."shop" = lower(s."shop")`;

/**
 * SQL: a permanent row of `Session` (alias `s`) whose token Shopify has not refused for good: what counts as a permanent token, and
 * what a run takes up. Keeps to the partial indexes; of the marked shops alone the row is looked at.
 */
export const LIVING_PERMANENT_SESSION = `(${PERMANENT_TOKEN_PREDICATE} AND NOT EXISTS (
  SELECT FROM expand_contract."ShopToken" t WHERE t."shop" = lower(s."shop") AND t."needsReauthAt" IS NOT NULL AND s."id" = 'offline_' || t."shop" AND ${isRefusedForGood("s", "t")}))`;

export interface RemainingToken {
  /** Of the row of `Session`. */
  id: string;
  shop: string;
  /** `migratable`, or why not. */
  reason: string;
}

const REMAINING = `SELECT s."id", lower(s."shop") AS "shop", ${REMAINING_REASON} AS "reason"
  FROM "Session" s ${JOIN_SHOP_TOKEN} WHERE ${PERMANENT_TOKEN_PREDICATE} AND s."id" > $1 ORDER BY s."id" LIMIT $2`;

const COUNTS = `SELECT ${REMAINING_REASON} AS "reason", count(*)::int AS "count"
  FROM "Session" s ${JOIN_SHOP_TOKEN} WHERE ${PERMANENT_TOKEN_PREDICATE} GROUP BY 1`;

type Reader = Pick<TokenContext, "db">;

/**
 * The permanent rows that are left, each with the reason why it still is.
 * @param after the id of the last row of the page before; "" for the first.
 */
export async function listRemainingTokens({ db }: Reader, after: string, limit: number): Promise<RemainingToken[]> {
  return db.query<RemainingToken[]>({ text: REMAINING, values: [after, limit] });
}

/** The same for a monitor, which looks often: where many are left, the counts may be a little old. */
export async function lookAtRemainingTokens(reader: Reader): Promise<Record<string, number>> {
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0);
  return keptCount(reader.db, "remaining", () => countRemainingTokens(reader), sum);
}

/** How many permanent rows are left, by reason; refused ones included. */
export async function countRemainingTokens({ db }: Reader): Promise<Record<string, number>> {
  const rows = await db.query<{ reason: string; count: number }[]>({ text: COUNTS, values: [] });
  return Object.fromEntries(rows.map(({ reason, count }) => [reason, count]));
}
