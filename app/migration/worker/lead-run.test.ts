// Proves how the leader of a run adds up what its workers did, and which shops are verified.
import { expect, it } from "vitest";
import { initialPace } from "../pacing/call-rate.ts";
import { createPaceControl } from "./lead-run.ts";
import { isVerified } from "./verify-choice.ts";

const stats = { throttled: 0, limited: 0, finished: 0 };
const read = (workers: { id: string; stats: typeof stats }[], pausedMs = 0) => ({ pacing: null, pausedMs, workers });

it("the leader adds up what all workers did since the last turn, from its first look on", () => {
  let time = 0;
  const control = createPaceControl(() => time);
  control.decide(read([{ id: "a", stats: { ...stats, finished: 1_000, throttled: 7 } }]), false);
  time = 1_000;
  const { pace, recentRate } = control.decide(
    read([
      { id: "a", stats: { finished: 1_010, throttled: 7, limited: 1 } },
      { id: "b", stats: { ...stats, finished: 5 } },
    ]),
    false,
  );
  expect(recentRate).toBe(15);
  expect(pace).toMatchObject({ rate: 2 * initialPace.rate, limited: false });
});

it("time in which all calls wait, or in which Shopify does not answer, raises no rate", () => {
  let time = 0;
  const control = createPaceControl(() => time);
  const turn = (pausedMs: number, isDown: boolean) => {
    time += 1_000;
    return control.decide(read([{ id: "a", stats: { ...stats, limited: time } }], pausedMs), isDown);
  };
  turn(0, false);
  expect(turn(500, false).pace.rate).toBe(initialPace.rate);
  expect(turn(0, true)).toMatchObject({
    pace: { rate: initialPace.rate },
    notice: expect.stringContaining("does not answer") as string,
  });
  expect(turn(0, false)).toMatchObject({ pace: { rate: 2 * initialPace.rate }, notice: null });
});

it("by default the first wave is proven, then one shop in fifty", () => {
  const claim = (wave: number, ordinal?: number) => ({ shop: "a.myshopify.com", tries: 0, wave, ordinal });
  const auto = { verify: "auto" as const };
  expect(isVerified(auto, claim(0, 99))).toBe(true);
  expect(isVerified(auto, claim(0, 101))).toBe(false);
  expect(isVerified(auto, claim(0, 150))).toBe(true);
  expect(isVerified({ ...auto, waves: [1, 100] }, claim(0, 5_001))).toBe(true);
  expect(isVerified({ ...auto, waves: [1, 100] }, claim(1, 5_001))).toBe(false);
  expect(isVerified({ verify: "all" }, claim(0, 7))).toBe(true);
  expect(isVerified({ verify: "none" }, claim(0, 0))).toBe(false);
  expect(isVerified({ verify: "sample" }, claim(0, 7))).toBe(false);
  expect(isVerified({ verify: "sample" }, claim(0, 100))).toBe(true);
});
