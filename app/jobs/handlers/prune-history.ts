import type { AppJobContext } from "../queue/job-types.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long the history of a shop's token is kept: as long as a chain lives unused. */
export const HISTORY_KEPT_MS = 90 * DAY_MS;

/** Deletes token events older than 90 days, and parked jobs of shops that have not come back for as long. */
export async function pruneHistory({ tokens, db, clock, log }: AppJobContext): Promise<void> {
  const before = new Date(clock() - HISTORY_KEPT_MS);
  const events = await tokens.pruneEvents(before);
  const { count: parked } = await db.parkedJob.deleteMany({ where: { parkedAt: { lt: before } } });
  if (events + parked > 0) log.info({ events, parked }, "old history is pruned");
}
