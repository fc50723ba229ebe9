import { describe, expect, it } from "vitest";
import type { MigrateOutcome } from "../../tokens/index.ts";
import { judgeAttempt, MOST_TRIES } from "./judge-attempt.ts";

const failed = (over: Partial<MigrateOutcome> = {}): MigrateOutcome => ({
  shop: "a.myshopify.com",
  outcome: "failed",
  code: "http_503",
  message: "Shopify struggles",
  retryable: true,
  attempts: 1,
  ...over,
});
const context = { tries: 0, sign: "broken" as const, platformDown: false };

describe("an attempt", () => {
  it("is final when the outcome is", () => {
    const migrated = failed({ outcome: "migrated", code: "verified", retryable: false });
    expect(judgeAttempt(migrated, context)).toMatchObject({ outcome: "migrated", code: "verified", attempts: 1 });
    expect(judgeAttempt(failed({ outcome: "suspended", code: "frozen" }), context)).toMatchObject({
      outcome: "suspended",
      retryable: true,
    });
    expect(judgeAttempt(failed({ retryable: false }), context)).toMatchObject({ outcome: "failed" });
  });

  it("waits with full jitter, longer each time, at most a minute", () => {
    const waits = [0, 1, 2, 3].map((tries) => judgeAttempt(failed(), { ...context, tries }, () => 0.5).retryInMs);
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(judgeAttempt(failed(), { ...context, tries: 1 }, () => 0).retryInMs).toBe(0);
  });

  it("gives up after its tries, and says that it may be tried again", () => {
    const last = judgeAttempt(failed(), { ...context, tries: MOST_TRIES - 1 });
    expect(last).toMatchObject({ outcome: "failed", retryable: true, attempts: MOST_TRIES });
    expect(last.message).toMatch(/given up after 6 attempts/);
  });

  it("does not count what concerned every shop: a limit, an outage, a lease in use", () => {
    const tries = MOST_TRIES - 1;
    for (const counted of [
      { tries, sign: "throttles" as const, platformDown: false },
      { tries, sign: "broken" as const, platformDown: true },
      { tries, sign: undefined, platformDown: false },
    ]) {
      expect(judgeAttempt(failed(), counted)).toMatchObject({ outcome: "waiting", attempts: tries });
    }
  });

  it("is not repeated before Retry-After", () => {
    const wait = (random: number) =>
      judgeAttempt(failed({ retryAfterMs: 3_000 }), { ...context, sign: "throttles" }, () => random).retryInMs;
    expect(wait(0)).toBe(3_000);
    expect(wait(0.999)).toBeLessThan(4_001);
  });
});
