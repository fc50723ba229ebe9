import { expect, it } from "vitest";
import type { WorkerStats } from "./heartbeat.ts";
import { createLeader } from "./lead-run.ts";
import { isVerified } from "./verify-choice.ts";

const stats = (over: Partial<WorkerStats>): WorkerStats => ({
  activeMs: 0,
  answered: 0,
  throttled: 0,
  limited: 0,
  finished: 0,
  ...over,
});
const heard = (workers: { id: string; stats: WorkerStats }[]) => ({
  alive: true,
  status: "running",
  stopRequested: false,
  drained: false,
  leads: true,
  allowedRate: null,
  pacing: null,
  pausedMs: 0,
  workers,
});

it("the leader adds up what all workers did since the last turn; their time runs side by side", () => {
  let time = 0;
  const leader = createLeader(() => time);
  leader.decide(heard([{ id: "a", stats: stats({ finished: 1_000, answered: 1_000, activeMs: 60_000 }) }]));
  time = 1_000;
  const { pace, recentRate } = leader.decide(
    heard([
      { id: "a", stats: stats({ finished: 1_010, answered: 1_012, activeMs: 61_000, limited: 1 }) },
      { id: "b", stats: stats({ finished: 5, answered: 6, activeMs: 400 }) },
    ]),
  );
  expect(recentRate).toBe(15);
  expect(pace).toMatchObject({ answered: 18, spentMs: 1_000, rate: 80 });
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
