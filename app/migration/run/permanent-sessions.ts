import { Prisma } from "@prisma/client";
import type { Database } from "../../infra/db.server.ts";
import { PERMANENT_TOKEN_PREDICATE } from "../../tokens/records/permanent-token.ts";

/** The rows of `Session` that hold a permanent token, as SQL; served by the partial index `Session_permanent_idx`. */
export const permanentSession = Prisma.raw(`(${PERMANENT_TOKEN_PREDICATE})`);

/**
 * A shop's place in the waves, 0 (included) to 100 (excluded), computed by the database: the same number as `rolloutPlace`
 * of app/infra/rollout.ts gives.
 */
export const placeOfShop = Prisma.raw(
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
  const [left] = await db.$queryRaw<[{ permanent: number; migratable: number }]>`
    SELECT count(*)::int AS "permanent",
           (count(*) FILTER (WHERE s."id" = 'offline_' || s."shop"
              AND t."needsReauthAt" IS NULL AND t."suspendedAt" IS NULL AND t."uninstalledAt" IS NULL
              AND NOT EXISTS (SELECT FROM "MigrationOutcome" o
                WHERE o."runId" = ${runId} AND o."shop" = s."shop" AND o."outcome" = 'failed' AND NOT o."retryable")))::int
             AS "migratable"
    FROM "Session" s LEFT JOIN "ShopToken" t ON t."shop" = s."shop" WHERE ${permanentSession}`;
  const [prefixed] = await db.$queryRaw<[{ count: number }]>`
    SELECT count(*)::int AS "count" FROM "Session" WHERE NOT "isOnline" AND "accessToken" LIKE 'shpat\\_%'`;
  return { permanentTokens: left.permanent, migratableTokens: left.migratable, legacyPrefixRows: prefixed.count };
}
