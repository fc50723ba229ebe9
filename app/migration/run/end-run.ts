import sql from "sql-template-tag";
import type { Database, Queryable } from "../../infra/database/database.ts";
import { judgeWave, type WaveCount } from "./judge-wave.ts";
import { recordLeftovers } from "./leftovers.ts";
import { countTokens, type TokenCounts } from "./permanent-sessions.ts";
import { wavesOf, type RunMember, type RunRow } from "./run-row.ts";
import { migratedByUs } from "../worker/record-outcomes.ts";

/** A hundred years. */
const UNTIL_CONFIRMED_SECONDS = 100 * 365 * 86_400;

/**
 * Called by a worker without work: begins the next wave, or ends the run, when every shop taken up has its outcome. Locks the
 * run's row, so that of many workers one decides.
 * @returns `open`: shops are still in others' hands.
 */
export async function advanceRun(db: Database, runId: string): Promise<"open" | "next wave" | "ended"> {
  if (await hasOpenShops(db, runId)) return "open";
  const counts = await countTokens(db, runId);
  return db.transaction(
    async (tx) => {
      const run = await lockRun(tx, runId);
      if (!run || run.status !== "running") return "ended";
      if (run.stopRequested || !run.drained || (await hasOpenShops(tx, runId))) return "open";
      const waves = wavesOf(run.options);
      const wave = await tx.query<WaveCount[]>(sql`
        SELECT "outcome", "code", "shops" FROM expand_contract."MigrationTally" WHERE "runId" = ${runId} AND "wave" = ${run.wave}`);
      const verdict = judgeWave(wave, run.options.failureThreshold);
      if (!verdict.passed && run.options.waves) {
        await endRun(tx, run, counts, "halted", `Wave ${run.wave + 1} (${waves[run.wave]}%): ${verdict.reason}`);
        return "ended";
      }
      const limitReached = run.options.limit !== undefined && run.taken >= run.options.limit;
      if (run.wave + 1 < waves.length && !limitReached) {
        await tx.execute(sql`
          UPDATE expand_contract."MigrationRun" SET "wave" = "wave" + 1, "cursor" = '', "drained" = false,
            "waveBeginsAt" = now() + ${secondsBetween(run)}::float8 * interval '1 second' WHERE "id" = ${runId}`);
        return "next wave";
      }
      if (!run.options.shops) await recordLeftovers(tx, runId, run.wave);
      await endRun(tx, run, counts, "completed", null);
      return "ended";
    },
    { maxWait: 10_000, timeout: 30_000 },
  );
}

/**
 * Ends a run that was asked to stop or to halt, once no live worker holds a shop of it. Shops that were never tried are given up
 * (a later run finds them); those that were tried and wait for another attempt end as failed for now.
 * @returns whether the run has ended.
 */
export async function endStoppedRun(me: RunMember): Promise<boolean> {
  const { db, runId } = me;
  if (await areShopsHeld(db, me)) return false;
  const counts = await countTokens(db, runId);
  return db.transaction(
    async (tx) => {
      const run = await lockRun(tx, runId);
      if (!run || run.status !== "running") return true;
      if (!run.stopRequested || (await areShopsHeld(tx, me))) return false;
      await settleOpenShops(tx, runId);
      await endRun(tx, run, counts, run.endsAs ?? (run.haltReason === null ? "stopped" : "halted"), run.haltReason);
      return true;
    },
    { maxWait: 10_000, timeout: 30_000 },
  );
}

/**
 * Ends a run as failed that this worker cannot go on with for a reason of the app's own, unless another worker is alive and may do better.
 * Nothing is counted: counting may be what fails. Shops are given up like those of a stopped run, if that much works.
 */
export async function failRun(
  { db, runId, worker, deadAfterMs }: RunMember,
  fault: { codes: string; remedy?: string },
): Promise<void> {
  const reason = fault.remedy
    ? `The database did not take what a run writes (${fault.codes}): ${fault.remedy} No shop is lost: mend it, then start again.`
    : `An error of the app itself did not pass (${fault.codes}); the app's log says more. No shop is lost: ` +
      "repair the app or its database (npm run db:deploy), then start again.";
  const fail = (tx: Queryable) =>
    tx.execute(sql`
    UPDATE expand_contract."MigrationRun" SET "status" = 'failed', "haltReason" = ${reason}, "finishedAt" = now(), "notice" = NULL
    WHERE "id" = ${runId} AND "status" = 'running' AND NOT EXISTS (
      SELECT FROM expand_contract."MigrationWorker" WHERE "runId" = ${runId} AND "id" <> ${worker}
        AND "seenAt" >= now() - ${deadAfterMs}::float8 * interval '1 millisecond')`);
  try {
    await db.transaction(async (tx) => {
      if ((await fail(tx)) > 0) await settleOpenShops(tx, runId);
    });
  } catch {
    await fail(db);
  }
}

/** Why a run stops itself, in words for an operator, and how it ends then. */
export interface StopReason {
  as: "halted" | "failed";
  reason: string;
}

/** Asks every worker to stop; with a reason the run ends as it says, and the first reason stands. */
export async function requestStop(db: Database, runId: string, stop?: StopReason): Promise<void> {
  await db.execute(sql`
    UPDATE expand_contract."MigrationRun" SET "stopRequested" = true,
      "haltReason" = CASE WHEN "stopRequested" THEN "haltReason" ELSE ${stop?.reason ?? null} END,
      "endsAs" = CASE WHEN "stopRequested" THEN "endsAs" ELSE ${stop?.as ?? null} END
    WHERE "id" = ${runId} AND "status" = 'running'`);
}

/** The word that a run waits for between two waves. */
export async function beginWave(db: Database, runId: string): Promise<void> {
  await db.execute(
    sql`UPDATE expand_contract."MigrationRun" SET "waveBeginsAt" = NULL WHERE "id" = ${runId} AND "status" = 'running'`,
  );
}

function secondsBetween({ options }: RunRow): number {
  return options.pauseBetween === "confirm" ? UNTIL_CONFIRMED_SECONDS : (options.pauseBetween ?? 0);
}

async function lockRun(tx: Queryable, runId: string): Promise<RunRow | undefined> {
  const [run] = await tx.query<RunRow[]>(
    sql`SELECT * FROM expand_contract."MigrationRun" WHERE "id" = ${runId} FOR NO KEY UPDATE`,
  );
  return run;
}

async function hasOpenShops(db: Queryable, runId: string): Promise<boolean> {
  const [row] = await db.query<[{ open: boolean }]>(sql`
    SELECT EXISTS (SELECT 1 FROM expand_contract."MigrationOutcome" WHERE "runId" = ${runId} AND "outcome" IN ('claimed', 'waiting')) AS "open"`);
  return row.open;
}

/** Whether a living worker, but this one, holds shops of the run. */
async function areShopsHeld(db: Queryable, { runId, worker, deadAfterMs }: RunMember): Promise<boolean> {
  const [row] = await db.query<[{ held: boolean }]>(sql`
    SELECT EXISTS (
      SELECT 1 FROM expand_contract."MigrationOutcome" o JOIN expand_contract."MigrationWorker" w ON w."runId" = o."runId" AND w."id" = o."claimedBy"
      WHERE o."runId" = ${runId} AND o."outcome" = 'claimed' AND w."id" <> ${worker}
        AND w."seenAt" >= now() - ${deadAfterMs}::float8 * interval '1 millisecond'
    ) AS "held"`);
  return row.held;
}

async function settleOpenShops(tx: Queryable, runId: string): Promise<void> {
  await tx.execute(sql`
    WITH ended AS (
      UPDATE expand_contract."MigrationOutcome" o SET
        "outcome" = CASE WHEN ${migratedByUs} THEN 'migrated' ELSE 'failed' END,
        "code" = CASE WHEN ${migratedByUs} THEN 'migrated_before_interruption' ELSE o."code" END,
        "message" = CASE WHEN ${migratedByUs} THEN 'a pair was stored before this run was interrupted'
          ELSE coalesce(o."message", 'not finished') || '; the run ended before the next attempt' END,
        "retryable" = NOT coalesce(${migratedByUs}, false), "claimedBy" = NULL, "retryAt" = NULL, "at" = now()
      FROM expand_contract."MigrationOutcome" same LEFT JOIN expand_contract."ShopToken" t ON t."shop" = same."shop"
      WHERE o."runId" = ${runId} AND o."outcome" IN ('claimed', 'waiting') AND o."code" IS NOT NULL
        AND same."runId" = o."runId" AND same."shop" = o."shop"
      RETURNING o."outcome", o."code", o."wave"
    )
    INSERT INTO expand_contract."MigrationTally" AS tally ("runId", "wave", "outcome", "code", "shops")
    SELECT ${runId}, "wave", "outcome", "code", count(*)::int FROM ended GROUP BY 2, 3, 4
    ON CONFLICT ("runId", "wave", "outcome", "code") DO UPDATE SET "shops" = tally."shops" + excluded."shops"`);
  const untried = await tx.execute(sql`
    DELETE FROM expand_contract."MigrationOutcome" WHERE "runId" = ${runId} AND "outcome" IN ('claimed', 'waiting')`);
  await tx.execute(
    sql`UPDATE expand_contract."MigrationRun" SET "taken" = "taken" - ${untried}::int WHERE "id" = ${runId}`,
  );
}

async function endRun(
  tx: Queryable,
  run: RunRow,
  counts: TokenCounts,
  status: "completed" | "stopped" | "halted" | "failed",
  haltReason: string | null,
): Promise<void> {
  // A run that went through knows how many shops it was about; what others migrated meanwhile is no shop of this run.
  await tx.execute(sql`
    UPDATE expand_contract."MigrationRun" SET "status" = ${status}, "haltReason" = ${haltReason}, "finishedAt" = now(), "notice" = NULL,
      "total" = CASE WHEN ${status} = 'completed' THEN "taken" ELSE greatest(coalesce("total", 0), "taken") END,
      "permanentTokens" = ${counts.permanentTokens}, "migratableTokens" = ${counts.migratableTokens},
      "legacyPrefixRows" = ${counts.legacyPrefixRows}
    WHERE "id" = ${run.id}`);
}
