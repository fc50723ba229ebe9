import sql, { raw } from "sql-template-tag";
import type { Database } from "../../infra/database/database.ts";
import { JOIN_SHOP_TOKEN, LIVING_PERMANENT_SESSION, REMAINING_REASON } from "../../tokens/index.ts";

/** The rows of `Session`, aliased `s`, that hold a permanent token which Shopify has not refused for good. */
export const permanentSession = raw(LIVING_PERMANENT_SESSION);

/** Why such a row is there, where it is joined with what is known of its shop (`joinShopToken`). */
export const remainingReason = raw(REMAINING_REASON);
export const joinShopToken = raw(JOIN_SHOP_TOKEN);

/**
 * A shop's place in the waves, 0 (included) to 100 (excluded), computed by the database: the same number as `rolloutPlace`
 * of app/infra/flags/rollout.ts gives.
 */
export const placeOfShop = raw(
  `(('x' || substr(encode(sha256(convert_to(lower(s."shop"), 'UTF8')), 'hex'), 1, 8))::bit(32)::bigint / 4294967296.0 * 100)`,
);

/** What the database says at the end of a run. */
export interface TokenCounts {
  permanentTokens: number;
  migratableTokens: number;
  legacyPrefixRows: number;
}

/**
 * The proof after a run: permanent tokens left, those of them that a further run could migrate (the row is a shop's offline
 * session, the shop is not known to need re-authorization, to be suspended or uninstalled, and this run did not find that nothing can
 * be done), and offline rows by prefix for those who count prefixes. The last one reads the whole table.
 */
export async function countTokens(db: Database, runId: string | null = null): Promise<TokenCounts> {
  const [left] = await db.query<[{ permanent: number; migratable: number }]>(sql`
    SELECT count(*)::int AS "permanent",
           (count(*) FILTER (WHERE ${remainingReason} = 'migratable'
              AND NOT EXISTS (SELECT FROM expand_contract."MigrationOutcome" o
                WHERE o."runId" = ${runId} AND o."shop" = lower(s."shop") AND o."outcome" = 'failed' AND NOT o."retryable")))::int
             AS "migratable"
    FROM "Session" s ${joinShopToken} WHERE ${permanentSession}`);
  const [prefixed] = await db.query<[{ count: number }]>(sql`
    SELECT count(*)::int AS "count" FROM "Session" WHERE NOT "isOnline" AND "accessToken" LIKE 'shpat\\_%'`);
  return { permanentTokens: left.permanent, migratableTokens: left.migratable, legacyPrefixRows: prefixed.count };
}
