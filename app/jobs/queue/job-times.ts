const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** How jobs wait; tests shorten it. */
export const JOB_TIMES = {
  /** First delay after a transient error; doubles each time. */
  transientFirstMs: 5 * SECOND_MS,
  /** The longest delay that is ours to choose. A longer `Retry-After` is honoured. */
  transientLongestMs: 30 * MINUTE_MS,
  /** How long a suspended shop is left alone. */
  suspendedMs: 6 * 60 * MINUTE_MS,
  /** First delay after an error of our own; doubles each time. pg-boss counts in whole seconds. */
  failureFirstSeconds: 15,
  /** How often an error of our own is retried before the job becomes a dead letter. */
  failureRetries: 5,
  /** How often an instance looks for jobs that are due, where nothing tells it of those that are sent. */
  lookMs: 800,
  /** The same where it is told: then only jobs that were put off become due without a word. */
  lookWhileToldMs: 5 * SECOND_MS,
  /** How often an instance looks for jobs of killed processes. pg-boss counts in whole seconds. */
  abandonedSeconds: 60,
};
export type JobTimes = typeof JOB_TIMES;

/** How often a job is put off because Shopify could not be asked, before a person has to look: about two days at the longest delay. */
export const MOST_POSTPONEMENTS = 100;

/**
 * How long to wait after a transient error: doubling with jitter (half fixed, half random), never less than Shopify asked for.
 * @param postponed how often the job was put off before.
 * @param random 0 (included) to 1 (excluded).
 */
export function transientDelayMs(
  postponed: number,
  retryAfterMs: number | undefined,
  times: JobTimes,
  random: number,
): number {
  const ours = Math.min(times.transientLongestMs, times.transientFirstMs * 2 ** Math.min(postponed, 30));
  const jittered = ours / 2 + (ours / 2) * random;
  // Jitter on top of Retry-After as well: a whole batch may have been told the same moment.
  return retryAfterMs === undefined ? jittered : Math.max(jittered, retryAfterMs + times.transientFirstMs * random);
}
