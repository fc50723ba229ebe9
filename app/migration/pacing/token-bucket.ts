/** Saved up for at most so long: enough to bridge timers, too little for a surge. */
const SAVED_SECONDS = 0.05;

/** Spreads starts evenly over time. */
export interface TokenBucket {
  /** Starts per second from now on. */
  setRate(perSecond: number): void;
  /** Takes one start; else says in how many milliseconds there will be one. */
  take(): { taken: true } | { taken: false; inMs: number };
}

/** @param now milliseconds, monotonic. */
export function createTokenBucket(rate: number, now: () => number = () => performance.now()): TokenBucket {
  let perSecond = rate;
  let saved = 1;
  let at = now();
  const most = () => Math.max(1, perSecond * SAVED_SECONDS);
  function fill(): void {
    const time = now();
    saved = Math.min(most(), saved + ((time - at) / 1000) * perSecond);
    at = time;
  }
  return {
    setRate(next) {
      fill();
      perSecond = next;
    },
    take() {
      fill();
      if (saved < 1) return { taken: false, inMs: Math.ceil(((1 - saved) / perSecond) * 1000) };
      saved -= 1;
      return { taken: true };
    },
  };
}
