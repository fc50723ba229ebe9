// Proves how long a job that is put off waits.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JOB_TIMES, transientDelayMs } from "./job-times.ts";

const RANDOM = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("transientDelayMs", () => {
  it("doubles up to its longest, with jitter over the upper half", () => {
    expect(transientDelayMs(0, undefined, JOB_TIMES, 0)).toBe(2_500);
    expect(transientDelayMs(3, undefined, JOB_TIMES, 0)).toBe(20_000);
    expect(transientDelayMs(3, undefined, JOB_TIMES, 0.5)).toBe(30_000);
    expect(transientDelayMs(99, undefined, JOB_TIMES, 0)).toBe(15 * 60_000);
  });

  it("is never shorter than Shopify asked for, nor without an end", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(86_400_000), RANDOM, (postponed, retryAfterMs, random) => {
        const delay = transientDelayMs(postponed, retryAfterMs, JOB_TIMES, random);
        return (
          delay >= retryAfterMs &&
          delay <= Math.max(JOB_TIMES.transientLongestMs, retryAfterMs + JOB_TIMES.transientFirstMs)
        );
      }),
    );
  });
});
