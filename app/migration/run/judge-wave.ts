/** How many shops of a wave ended in one way. */
export interface WaveCount {
  outcome: string;
  code: string;
  shops: number;
}

/** So few failures are the dead shops that every old installation base has; they say nothing about the wave. */
const TOLERATED_FAILURES = 2;

/** Outcomes that say that something went wrong for a shop for good. */
const FINAL_FAILURES: ReadonlySet<string> = new Set(["failed", "needs_reauthorization"]);

/** Failures that say nothing about others: the database refuses a row, or the store is new or closed. */
const OF_THE_ROW: ReadonlySet<string> = new Set(["storage_unfit", "application_cannot_be_found"]);

/** A pair was stored, and the Admin API goes on refusing it. */
const NOT_ACCEPTED = "stored_not_accepted";

/** A pair was stored, but the Admin API could not be asked about it: no failure of the shop, yet no proof for a wave. */
const NOT_VERIFIED = "stored_not_verified";

/** Whether a shop's end says that something is wrong with the run. */
export function isFinalFailure({ outcome, code }: Pick<WaveCount, "outcome" | "code">): boolean {
  return code === NOT_ACCEPTED || (FINAL_FAILURES.has(outcome) && !OF_THE_ROW.has(code));
}

/**
 * Whether the next wave may begin: not more than the threshold of a wave's shops failed for good or
 * stand without the proof that was asked for.
 * @param threshold percent of the wave.
 */
export function judgeWave(counts: readonly WaveCount[], threshold: number): { passed: boolean; reason: string } {
  let shops = 0;
  let failures = 0;
  for (const count of counts) {
    shops += count.shops;
    if (isFinalFailure(count) || count.code === NOT_VERIFIED) failures += count.shops;
  }
  const allowed = Math.max(TOLERATED_FAILURES, (threshold / 100) * shops);
  return {
    passed: failures <= allowed,
    reason: `${failures} of ${shops} shops failed for good or could not be verified (allowed: ${Math.floor(allowed)})`,
  };
}
