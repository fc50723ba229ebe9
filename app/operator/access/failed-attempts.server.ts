import { createHash } from "node:crypto";
import type { RateLimiterMemory } from "rate-limiter-flexible";

/** Wrong secrets that one address may try in a window. */
const ATTEMPTS = 10;
const WINDOW_SECONDS = 60;
/** Addresses share this many counters, so that memory stays bounded however many addresses there are. */
const COUNTERS = 8_192;

export type FailedAttempts = ReturnType<typeof createFailedAttempts>;

/**
 * Counts wrong operator secrets by address, in this process's memory.
 *
 * Only failures are counted, and the right secret is never refused: a client that shares an address with an attacker (behind a
 * misconfigured proxy every client does) could otherwise be locked out for as long as the attack lasts. With 32 random characters
 * there is nothing to guess; the limit makes attempts visible. Each instance counts for itself, so an address may try `ATTEMPTS` times
 * at each: that costs no database anything, and guards the same secret.
 */
export function createFailedAttempts() {
  let limiter: RateLimiterMemory | undefined;
  return {
    /** Counts one more. Returns the seconds to wait when there have been too many, else undefined. */
    async record(address: string): Promise<number | undefined> {
      // Loaded with the first wrong secret: a start does not need it.
      const { RateLimiterMemory, RateLimiterRes } = await import("rate-limiter-flexible");
      limiter ??= new RateLimiterMemory({ points: ATTEMPTS, duration: WINDOW_SECONDS, keyPrefix: "" });
      try {
        await limiter.consume(counterOf(address));
        return undefined;
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        return Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      }
    },
  };
}

/** Two addresses that meet in one counter are refused a little earlier when both try wrong secrets; nothing else comes of it. */
function counterOf(address: string): number {
  return createHash("sha256").update(address).digest().readUInt32BE() % COUNTERS;
}
