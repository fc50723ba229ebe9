import type { ProbeAnswer, TokenAnswer } from "../../tokens/index.ts";

/** What one answer of Shopify says about the platform, whatever it says about the shop. */
export interface PlatformSignal {
  /**
   * `throttled`: 429. `broken`: 5xx, no answer, or an unreadable one. `app refused`: Shopify does not know the app. `answered`:
   * everything else; Shopify works.
   */
  kind: "answered" | "throttled" | "broken" | "app refused";
  /** What the answer asked to wait; milliseconds. */
  retryAfterMs?: number;
}

/** Without a Retry-After, a 429 asks for this much. */
const DEFAULT_RETRY_AFTER_MS = 1_000;

/** Reads the signal in an answer of the token endpoint, or of the Admin API to a verification. */
export function platformSignal(answer: TokenAnswer | ProbeAnswer): PlatformSignal {
  const verdict = answer.kind === "refused" && "verdict" in answer ? answer.verdict : answer;
  if (verdict.kind === "configuration") return { kind: "app refused" };
  if (verdict.kind !== "transient") return { kind: "answered" };
  const { reason, retryAfterMs } = verdict;
  if (reason === "throttled") return { kind: "throttled", retryAfterMs: retryAfterMs ?? DEFAULT_RETRY_AFTER_MS };
  // A verdict of the Admin API does not say whether an answer was lost: one that is not throttled was.
  return { kind: "lost" in verdict && !verdict.lost ? "answered" : "broken", retryAfterMs };
}
