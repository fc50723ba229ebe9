import type { TokenRateLimit } from "./types.ts";

/** Token buckets of the token endpoint, on the wall clock: load is a matter of real seconds. */
export interface TokenBuckets {
  configure(limit: TokenRateLimit | null): void;
  /** Takes one call; undefined when it may pass, else how long to wait. */
  take(shop: string, wall: number): { retryAfterSeconds: number; forAll: boolean } | undefined;
  readonly limit: TokenRateLimit | null;
}

export function createTokenBuckets(): TokenBuckets {
  let limit: TokenRateLimit | null = null;
  let buckets = new Map<string, { left: number; at: number }>();
  return {
    get limit() {
      return limit;
    },
    configure(next) {
      limit = next;
      buckets = new Map();
    },
    take(shop, wall) {
      if (!limit) return undefined;
      const key = limit.per === "shop" ? shop : "";
      const bucket = buckets.get(key) ?? { left: limit.burst, at: wall };
      bucket.left = Math.min(limit.burst, bucket.left + ((wall - bucket.at) / 1000) * limit.perSecond);
      bucket.at = wall;
      buckets.set(key, bucket);
      if (bucket.left >= 1) {
        bucket.left -= 1;
        return undefined;
      }
      const wait = limit.retryAfterSeconds ?? Math.max(1, Math.ceil((1 - bucket.left) / limit.perSecond));
      return { retryAfterSeconds: wait, forAll: key === "" };
    },
  };
}
