import type { TokenAnswer, MigrateOutcome } from "../../tokens/index.ts";
import type { Outcome } from "./record-outcomes.ts";

/** Tries of one shop before it counts as failed. Refusals that concern every shop (429, an outage) are not counted. */
export const MOST_TRIES = 6;
const FIRST_BACKOFF_MS = 1_000;
/** Another holder of a shop's lease is not asked more often than this. */
const LEASE_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;

/** What one answer of the token endpoint says about the platform, whatever it says about the shop. */
export type PlatformSign =
  /** Shopify works, and knows this app: everything but the two below. */
  | "answers"
  /** Too many calls. */
  | "throttles"
  /** 5xx, no answer, or an unreadable one. */
  | "broken"
  /** It does not accept this app. */
  | "refuses the app";

export function signOf(answer: TokenAnswer): PlatformSign {
  if (answer.kind !== "refused") return "answers";
  const { verdict } = answer;
  if (verdict.kind === "configuration") return "refuses the app";
  if (verdict.kind !== "transient") return "answers";
  if (verdict.reason === "throttled" || verdict.retryAfterMs !== undefined) return "throttles";
  return verdict.lost ? "broken" : "answers";
}

/** How long all calls wait, when the answer asked for it. */
export function pauseAskedBy(answer: TokenAnswer): number | undefined {
  return answer.kind === "refused" && answer.verdict.kind === "transient" ? answer.verdict.retryAfterMs : undefined;
}

/**
 * What becomes of a shop after one attempt: its outcome, or another attempt later.
 * @param context.sign what the platform said in this attempt; undefined when it was not asked.
 * @param context.platformDown the circuit is open: what fails now says nothing about the shop.
 * @param random 0 to 1, for the jitter.
 */
export function judgeAttempt(
  outcome: MigrateOutcome,
  context: { tries: number; sign: PlatformSign | undefined; platformDown: boolean },
  random: () => number = Math.random,
): Outcome {
  const { shop, code, message, retryable } = outcome;
  if (outcome.outcome !== "failed" || !retryable) {
    return { shop, outcome: outcome.outcome, code, message, attempts: context.tries + outcome.attempts, retryable };
  }
  // Nobody asked about this shop (its lease is busy or closed for a moment), or the answer was about all shops.
  const counts = context.sign === "answers" || (context.sign === "broken" && !context.platformDown);
  const tries = context.tries + (counts ? 1 : 0);
  if (tries >= MOST_TRIES) {
    return {
      shop,
      outcome: "failed",
      code,
      message: `${message}; given up after ${tries} attempts`,
      attempts: tries,
      retryable,
    };
  }
  const backoffMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** tries) * random();
  const retryInMs =
    outcome.retryAfterMs === undefined
      ? Math.max(backoffMs, context.sign === undefined ? LEASE_BACKOFF_MS : 0)
      : outcome.retryAfterMs + FIRST_BACKOFF_MS * random();
  return { shop, outcome: "waiting", code, message, attempts: tries, retryable, retryInMs };
}
