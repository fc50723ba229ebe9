import sql from "sql-template-tag";
import type { Database } from "../../infra/database/database.ts";
import type { AppJobContext } from "../queue/job-types.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long the history of a shop's token is kept: as long as a chain lives unused. */
const HISTORY_KEPT_MS = 90 * DAY_MS;

/** Runs of which every outcome is kept; of older ones a shop's outcome goes when a newer run has one. */
const WHOLE_RUNS = 3;
const PORTION = 5_000;

/**
 * Keeps what is remembered bounded by the number of shops: deletes token events older than 90 days and beyond the newest of each shop,
 * outcomes of old runs that newer ones have replaced, and parked jobs of shops that have not come back or that nothing is known of.
 */
export async function pruneHistory({
  tokens,
  db,
  clock,
  log,
}: Pick<AppJobContext, "tokens" | "db" | "clock" | "log">): Promise<void> {
  const before = new Date(clock() - HISTORY_KEPT_MS);
  const events = await tokens.pruneEvents(before);
  const outcomes = await pruneOutcomes(db);
  const parked = await db.execute(sql`
    DELETE FROM expand_contract."ParkedJob" WHERE "parkedAt" < ${before.toISOString()}::timestamptz`);
  const unknown = await db.execute(sql`
    DELETE FROM expand_contract."ParkedJob" p WHERE p."parkedAt" < now() - interval '1 day'
      AND NOT EXISTS (SELECT FROM expand_contract."ShopToken" t WHERE t."shop" = p."shop")
      AND NOT EXISTS (SELECT FROM "Session" s WHERE s."shop" = p."shop")`);
  if (events + outcomes + parked + unknown > 0) {
    log.info({ events, outcomes, parked: parked + unknown }, "old history is pruned");
  }
}

async function pruneOutcomes(db: Database): Promise<number> {
  for (let gone = 0; ;) {
    const portion = await db.execute(sql`
      DELETE FROM expand_contract."MigrationOutcome" WHERE ("runId", "shop") IN (
        SELECT o."runId", o."shop" FROM expand_contract."MigrationOutcome" o JOIN expand_contract."MigrationRun" r ON r."id" = o."runId"
        WHERE r."finishedAt" IS NOT NULL
          AND r."id" NOT IN (SELECT "id" FROM expand_contract."MigrationRun" WHERE NOT "dryRun" ORDER BY "startedAt" DESC LIMIT ${WHOLE_RUNS})
          AND EXISTS (SELECT FROM expand_contract."MigrationOutcome" n JOIN expand_contract."MigrationRun" m ON m."id" = n."runId"
            WHERE n."shop" = o."shop" AND m."startedAt" > r."startedAt")
        LIMIT ${PORTION})`);
    gone += portion;
    if (portion < PORTION) return gone;
  }
}
