// Proves that every shop of a run reaches an outcome, and that nothing is held against a shop that concerned all of them.
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
const broken = { isForAll: false };
const context = { tries: 0, call: broken };

describe("an attempt", () => {
  it("is final when the outcome is", () => {
    const migrated = failed({ outcome: "migrated", code: "verified", retryable: false });
    expect(judgeAttempt(migrated, context)).toMatchObject({ outcome: "migrated", code: "verified", attempts: 1 });
    expect(judgeAttempt(failed({ outcome: "suspended", code: "frozen" }), context)).toMatchObject({
      outcome: "suspended",
      retryable: true,
    });
    expect(judgeAttempt(failed({ retryable: false }), context)).toMatchObject({ outcome: "failed" });
    const unfit = failed({ code: "storage_unfit", attempts: 0 });
    expect(judgeAttempt(unfit, { tries: 0, call: undefined })).toMatchObject({ outcome: "failed", retryable: true });
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

  it("does not count what concerned all shops, or made no call", () => {
    const tries = MOST_TRIES - 1;
    for (const call of [{ isForAll: true }, undefined]) {
      expect(judgeAttempt(failed(), { tries, call })).toMatchObject({ outcome: "waiting", attempts: tries });
    }
  });

  it("waits until a lost call must have ended before a refusal is held against a shop", () => {
    const undecided = failed({ code: "refused_after_lost_answer" });
    const judged = judgeAttempt(undecided, { tries: MOST_TRIES - 1, call: broken }, () => 0);
    expect(judged).toMatchObject({ outcome: "waiting", attempts: MOST_TRIES - 1, retryInMs: 30_000 });
  });

  it.each([
    [86_400_000, 0, "failed"],
    [20_000, 0, "waiting"],
    [20_000, 1, "waiting"],
    [20_000, 2, "failed"],
  ])("asked to wait %d ms by itself after %i tries: %s", (retryAfterMs, tries, outcome) => {
    const judged = judgeAttempt(failed({ retryAfterMs }), { tries, call: broken }, () => 0);
    expect(judged).toMatchObject({ outcome, retryable: true, attempts: tries + 1 });
    if (outcome === "waiting") expect(judged.retryInMs).toBe(retryAfterMs);
    else expect(judged.message).toMatch(/asks to wait \d+ s for this shop/);
  });

  it("waits for a lease that is closed for a while, but not for ever", () => {
    const closed = { tries: 0, call: undefined };
    expect(judgeAttempt(failed({ retryAfterMs: 3_000 }), closed, () => 0).retryInMs).toBe(3_000);
    expect(judgeAttempt(failed({ retryAfterMs: 600_000 }), closed)).toMatchObject({ outcome: "failed" });
  });
});
