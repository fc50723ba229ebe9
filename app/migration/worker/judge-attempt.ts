import { LOST_CALL_MS, type MigrateOutcome } from "../../tokens/index.ts";
import type { Outcome } from "./record-outcomes.ts";

/** Failures of one shop before it is given up. Those that concern all shops (a limit for all, an outage) are not counted. */
export const MOST_TRIES = 6;
/** A shop that asks to wait is waited for as long as all its waits together stay below this. */
const LONGEST_WAIT_MS = 45_000;
const LONGEST_BACKOFF_MS = 60_000;
const FIRST_BACKOFF_MS = 1_000;
/** Another holder of a shop's lease is not asked more often than this. */
const LEASE_BACKOFF_MS = 1_000;

/**
 * What becomes of a shop after one attempt: its outcome, or another attempt later. Every shop reaches an outcome in minutes.
 * @param context.tries its failures before.
 * @param context.call whether the last call of this attempt concerned all shops; undefined when none was made.
 * @param random 0 to 1, for the jitter.
 */
export function judgeAttempt(
  outcome: MigrateOutcome,
  context: { tries: number; call: { isForAll: boolean } | undefined },
  random: () => number = Math.random,
): Outcome {
  const { shop, code, message, retryable, retryAfterMs } = outcome;
  const { call } = context;
  // A row that the database refuses is refused again until it is mended.
  if (outcome.outcome !== "failed" || !retryable || code === "storage_unfit") {
    return { shop, outcome: outcome.outcome, code, message, attempts: context.tries + outcome.attempts, retryable };
  }
  // A refusal that may have run into a call whose answer was lost decides nothing until that call must have ended. The lost answer has
  // counted as a failure.
  const isUndecided = code === "refused_after_lost_answer";
  // Without a call the shop's lease was busy, or closed for a moment.
  const tries = context.tries + (isUndecided || call === undefined || call.isForAll ? 0 : 1);
  const waitsTooLong = !call?.isForAll && (retryAfterMs ?? 0) * Math.max(1, tries) > LONGEST_WAIT_MS;
  if (tries >= MOST_TRIES || waitsTooLong) {
    const why = waitsTooLong
      ? `Shopify asks to wait ${Math.ceil(retryAfterMs! / 1_000)} s for this shop; not waited for any longer`
      : `given up after ${tries} attempts`;
    return { shop, outcome: "failed", code, message: `${message}; ${why}`, attempts: tries, retryable };
  }
  const backoffMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** tries) * random();
  const retryInMs = isUndecided
    ? LOST_CALL_MS + FIRST_BACKOFF_MS * random()
    : retryAfterMs === undefined
      ? Math.max(backoffMs, call === undefined ? LEASE_BACKOFF_MS : 0)
      : Math.min(retryAfterMs, LONGEST_BACKOFF_MS) + FIRST_BACKOFF_MS * random();
  return { shop, outcome: "waiting", code, message, attempts: tries, retryable, retryInMs };
}
