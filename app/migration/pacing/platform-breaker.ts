import { CircuitState, circuitBreaker, ConsecutiveBreaker, handleWhenResult, IterableBackoff } from "cockatiel";
import type { Attempt } from "../worker/attempt-shop.ts";

/** The platform is taken for down after so many broken answers in a row; then one call tries, after 1, 2, 4, then every 5 s. */
const BROKEN_BEFORE_OPEN = 5;
const PROBE_AFTER_MS = [1_000, 2_000, 4_000, 5_000];

/** Stops everything while Shopify does not answer, and finds out with single calls when it does again. */
export interface PlatformBreaker {
  /** `probing`: a single call is on its way to find out. */
  readonly state: "closed" | "open" | "probing";
  /** Runs an attempt, or, while it is not time to try, returns undefined without running it. */
  run(attempt: (isProbe: boolean) => Promise<Attempt>): Promise<Attempt | undefined>;
}

export function createPlatformBreaker(on: { down: () => void; up: () => void }): PlatformBreaker {
  const breaker = circuitBreaker(
    handleWhenResult((result) => (result as Attempt).isBroken),
    { halfOpenAfter: new IterableBackoff(PROBE_AFTER_MS), breaker: new ConsecutiveBreaker(BROKEN_BEFORE_OPEN) },
  );
  breaker.onBreak(on.down);
  breaker.onReset(on.up);
  return {
    get state() {
      if (breaker.state === CircuitState.Closed) return "closed";
      return breaker.state === CircuitState.HalfOpen ? "probing" : "open";
    },
    async run(attempt) {
      try {
        return await breaker.execute(() => attempt(breaker.state !== CircuitState.Closed));
      } catch {
        // An attempt never throws: this is the circuit itself.
        return undefined;
      }
    },
  };
}
