/** Unused starts are saved up for this long at most: enough to bridge timers, too little for a surge. Seconds. */
const SAVED_SECONDS = 0.05;

/**
 * Spreads starts evenly over time.
 * @param now milliseconds, monotonic.
 */
export function createTokenBucket(rate: number, now: () => number) {
  let perSecond = rate;
  let saved = 1;
  let at = now();
  function fill(): void {
    saved = Math.min(Math.max(1, perSecond * SAVED_SECONDS), saved + ((now() - at) / 1_000) * perSecond);
    at = now();
  }
  return {
    setRate(next: number): void {
      fill();
      perSecond = next;
    },
    /** Milliseconds until there is a start; 0: now. */
    takesIn(): number {
      fill();
      return saved >= 1 ? 0 : Math.ceil(((1 - saved) / perSecond) * 1_000);
    },
    /** Takes one, also one that is not there yet: the next ones wait for it. */
    take(): void {
      fill();
      saved -= 1;
    },
  };
}
