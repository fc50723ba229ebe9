/**
 * The simulator's clock: the wall clock plus an offset that only grows. Tokens, windows and webhook retries live on it;
 * ID tokens and OAuth timestamps do not, because the app checks those with its own clock.
 */
export interface Clock {
  /** Simulated time, milliseconds since the epoch. */
  now(): number;
  /** Wall time, milliseconds since the epoch. */
  wall(): number;
  /** Moves simulated time forward. Throws RangeError when asked to go back. */
  advance(ms: number): void;
  /** Puts simulated time back on the wall clock. */
  reset(): void;
}

export function createClock(wall: () => number = Date.now): Clock {
  let offset = 0;
  return {
    now: () => wall() + offset,
    wall,
    advance(ms) {
      if (!Number.isFinite(ms) || ms < 0)
        throw new RangeError(`The clock only moves forward, by a finite number of ms: ${ms}`);
      offset += ms;
    },
    reset() {
      offset = 0;
    },
  };
}
