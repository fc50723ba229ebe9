import sql, { raw } from "sql-template-tag";
import type { Database, Queryable } from "../../infra/database/database.ts";
import { PERMANENT_TOKEN_PREDICATE } from "../../tokens/index.ts";
import type { Leftover } from "../types.ts";
import { joinShopToken, permanentSession as living, remainingReason as reason } from "./permanent-sessions.ts";

const permanent = raw(PERMANENT_TOKEN_PREDICATE);

/** What each reason says to an operator; the remedies are in docs/runbook.md. */
const WORDS: Record<string, string> = {
  foreign_session:
    "the row is not the offline session of a shop (its id must be offline_<shop>), so this app never uses it",
  not_exchangeable: "Shopify accepts this token but does not exchange it: as a rule it is another app's",
  frozen: "the shop is frozen for now; tried again by the app itself",
  locked: "the shop is locked for now; tried again by the app itself",
  closed: "Shopify finds no such shop; tried again by the app itself, now and then",
  unreachable:
    "Shopify has not served this shop in two runs; tried again by the app itself, and when it is used in contract",
};

/** What a code of a row that is left means, in words. */
function leftoverWords(code: string): string {
  return WORDS[code] ?? "Shopify does not serve this token; the merchant's next visit heals it";
}

/**
 * Gives every row that still counts as permanent an entry among the failures of a run, also where it is not the row that the run tried:
 * a second row of a shop, one of another program. Its shop is named with the row then.
 */
export async function recordLeftovers(db: Queryable, runId: string, wave: number): Promise<void> {
  await db.execute(sql`
    WITH leftover AS (
      SELECT s."id", lower(s."shop") AS "shop", ${reason} AS "code", row_number() OVER (PARTITION BY lower(s."shop"), ${reason} ORDER BY s."id") AS n
      FROM "Session" s ${joinShopToken} WHERE ${living} AND ${reason} <> 'migratable'
    ),
    written AS (
      INSERT INTO expand_contract."MigrationOutcome" ("runId", "shop", "outcome", "code", "message", "retryable", "wave")
      SELECT ${runId}, CASE WHEN o."shop" IS NULL AND l.n = 1 THEN l."shop" ELSE l."shop" || ' (row ' || l."id" || ')' END,
        CASE l."code" WHEN 'foreign_session' THEN 'failed' WHEN 'not_exchangeable' THEN 'not_exchangeable' ELSE 'suspended' END,
        l."code", coalesce(${JSON.stringify(WORDS)}::jsonb ->> l."code", ${leftoverWords("")}),
        l."code" NOT IN ('foreign_session', 'not_exchangeable'), ${wave}::int
      FROM leftover l LEFT JOIN expand_contract."MigrationOutcome" o ON o."runId" = ${runId} AND o."shop" = l."shop"
      WHERE (o."code" IS DISTINCT FROM l."code" OR l.n > 1) AND NOT (l."code" = 'unreachable' AND o."shop" IS NOT NULL)
      ON CONFLICT DO NOTHING RETURNING "outcome", "code"
    )
    INSERT INTO expand_contract."MigrationTally" AS tally ("runId", "wave", "outcome", "code", "shops")
    SELECT ${runId}, ${wave}::int, "outcome", "code", count(*)::int FROM written GROUP BY 3, 4
    ON CONFLICT ("runId", "wave", "outcome", "code") DO UPDATE SET "shops" = tally."shops" + excluded."shops"`);
}

/** The permanent rows that a run would leave alone or that Shopify has refused, with their reason; the first ones, by row. */
export async function listLeftovers(db: Database, limit: number): Promise<Leftover[]> {
  const rows = await db.query<Omit<Leftover, "message">[]>(sql`
    SELECT s."id", lower(s."shop") AS "shop", ${reason} AS "code"
    FROM "Session" s ${joinShopToken} WHERE ${permanent} AND ${reason} <> 'migratable' ORDER BY s."id" LIMIT ${limit}`);
  return rows.map((row) => ({ ...row, message: leftoverWords(row.code) }));
}
