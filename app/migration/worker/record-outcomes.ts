import sql, { raw } from "sql-template-tag";
import { tokenFingerprint } from "../../tokens/index.ts";
import type { RunMember } from "../run/run-row.ts";

/** What became of a claimed shop: an outcome, or `waiting` to be tried again. */
export interface Outcome {
  shop: string;
  outcome: string;
  code: string | null;
  message: string | null;
  attempts: number;
  retryable: boolean;
  /** For `waiting`: milliseconds until the next attempt. */
  retryInMs?: number;
}

/**
 * The row was tried or interrupted before (it has a code), and a migration of the shop was stored since it was taken up. Five
 * minutes allow for the difference between the clocks of the app and of the database.
 */
export const migratedByUs = sql`(o."code" IS NOT NULL AND t."migratedAt" >= o."claimedAt" - interval '5 minutes')`;

/** Codes of a failure that says nothing about the shop. */
const OURS = ["lease_busy", "lease_contended", "interrupted", "internal_error", "process_ending", "storage_unfit"];

const fingerprint = raw(tokenFingerprint("s"));

/**
 * Stores outcomes and counts them, in one statement; with them how many runs in a row gave a shop up that Shopify did not serve. Only for shops that this worker still holds: a worker that was considered dead
 * and lost a shop changes nothing. A shop that this run had migrated before an interruption is met again as
 * `already_expiring`; its truth is `migrated`.
 */
export async function recordOutcomes({ db, runId, worker }: RunMember, batch: Outcome[]): Promise<void> {
  await db.execute(sql`
    WITH given AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(batch)}::jsonb)
        AS g("shop" text, "outcome" text, "code" text, "message" text, "attempts" int, "retryable" boolean, "retryInMs" float8)
    ),
    written AS (
      UPDATE expand_contract."MigrationOutcome" o SET
        "outcome" = CASE WHEN g."outcome" = 'already_expiring' AND ${migratedByUs} THEN 'migrated' ELSE g."outcome" END,
        "code" = CASE WHEN g."code" = 'already_expiring' AND ${migratedByUs} THEN 'migrated_before_interruption' ELSE g."code" END,
        "message" = CASE WHEN g."code" = 'already_expiring' AND ${migratedByUs}
          THEN 'a pair was stored before this run was interrupted' ELSE g."message" END, "attempts" = g."attempts", "retryable" = g."retryable", "claimedBy" = NULL, "at" = now(),
        "retryAt" = CASE WHEN g."outcome" = 'waiting' THEN now() + coalesce(g."retryInMs", 0) * interval '1 millisecond' END
      FROM given g LEFT JOIN expand_contract."ShopToken" t ON t."shop" = g."shop"
      WHERE o."runId" = ${runId} AND o."shop" = g."shop" AND o."outcome" = 'claimed' AND o."claimedBy" = ${worker}
      RETURNING o."shop", o."outcome", o."code", o."wave", o."retryable"
    ),
    given_up AS (
      INSERT INTO expand_contract."ShopToken" AS t ("shop", "givenUpToken", "givenUpRuns")
      SELECT w."shop", ${fingerprint}, 1 FROM written w JOIN "Session" s ON s."id" = 'offline_' || w."shop" AND NOT s."isOnline"
      WHERE w."outcome" = 'failed' AND w."retryable" AND w."code" NOT IN (SELECT jsonb_array_elements_text(${JSON.stringify(OURS)}::jsonb))
      ORDER BY w."shop"
      ON CONFLICT ("shop") DO UPDATE SET "givenUpToken" = EXCLUDED."givenUpToken",
        "givenUpRuns" = CASE WHEN t."givenUpToken" = EXCLUDED."givenUpToken" THEN t."givenUpRuns" + 1 ELSE 1 END
    )
    INSERT INTO expand_contract."MigrationTally" AS tally ("runId", "wave", "outcome", "code", "shops")
    SELECT ${runId}, "wave", "outcome", coalesce("code", ''), count(*)::int FROM written WHERE "outcome" <> 'waiting'
    GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
    ON CONFLICT ("runId", "wave", "outcome", "code") DO UPDATE SET "shops" = tally."shops" + excluded."shops"`);
}

/**
 * Gives back everything that this worker holds, for others to take at once.
 * @param interrupted shops whose call may still be under way: the next worker to take them finds out what became of it.
 */
export async function releaseClaims(
  { db, runId, worker }: RunMember,
  interrupted: readonly string[] = [],
): Promise<void> {
  await db.execute(sql`
    UPDATE expand_contract."MigrationOutcome" SET "outcome" = 'waiting', "retryAt" = now(), "claimedBy" = NULL,
      "code" = CASE WHEN "shop" IN (SELECT jsonb_array_elements_text(${JSON.stringify(interrupted)}::jsonb)) THEN 'interrupted' ELSE "code" END
    WHERE "runId" = ${runId} AND "outcome" = 'claimed' AND "claimedBy" = ${worker}`);
}
