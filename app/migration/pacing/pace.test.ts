import { describe, expect, it } from "vitest";
import { initialPace, nextPace, type Pace, type Seen } from "./pace.ts";

const TICK_MS = 250;

/** Numbers below 1, the same every time. */
function createRandom(seed: number): () => number {
  return () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
}

function seen(over: Partial<Seen> = {}): Seen {
  return { ms: TICK_MS, waitedMs: 0, answered: 0, throttled: 0, broken: 0, latencyMs: 0, limited: false, ...over };
}

/** Ticks in which Shopify answers everything that is allowed, each call after `latency` ms. */
function healthy(pace: Pace, ticks: number, latency = 100): Pace {
  for (let i = 0; i < ticks; i++) {
    const answered = Math.round((pace.rate * TICK_MS) / 1000);
    pace = nextPace(pace, seen({ answered, latencyMs: answered * latency, limited: true }));
  }
  return pace;
}

/** A token endpoint with a limit, in simulated time, one millisecond a step; the pace decides when calls leave. */
function simulate(o: {
  perSecond: number;
  burst: number;
  shops: number;
  latency?: number;
  concurrency?: number;
  retryAfter?: number;
  /** Share of calls that are refused whatever the rate. */
  atRandom?: number;
  /** Another limit once so many shops are done. */
  fallsTo?: { perSecond: number; after: number };
}) {
  const { perSecond, burst, shops, latency = 100, concurrency = 20, retryAfter = 1, atRandom = 0 } = o;
  const random = createRandom(7);
  let pace = initialPace;
  let [bucket, saved, left, calls, refused, pausedUntil] = [burst, 1, shops, 0, 0, 0];
  const flying: { ends: number; fine: boolean }[] = [];
  let tick = seen({ ms: 0 });
  let time = 0;
  for (; left > 0 && time < 3_600_000; time++) {
    const isFallen = o.fallsTo !== undefined && shops - left >= o.fallsTo.after;
    bucket = Math.min(burst, bucket + (isFallen ? o.fallsTo!.perSecond : perSecond) / 1000);
    const isPaused = time < pausedUntil;
    if (isPaused) tick.waitedMs++;
    else {
      tick.ms++;
      saved = Math.min(Math.max(1, pace.rate / 20), saved + pace.rate / 1000);
    }
    for (const call of flying.filter(({ ends }) => ends === time)) {
      flying.splice(flying.indexOf(call), 1);
      if (call.fine) {
        left--;
        tick.answered++;
        tick.latencyMs += latency;
      } else {
        refused++;
        tick.throttled++;
        pausedUntil = Math.max(pausedUntil, time + retryAfter * 1000);
      }
    }
    while (time >= pausedUntil && flying.length < concurrency && left > flying.length) {
      if (saved < 1) {
        tick.limited = true;
        break;
      }
      saved--;
      calls++;
      const fine = bucket >= 1 && random() >= atRandom;
      if (fine) bucket--;
      flying.push({ ends: time + latency, fine });
    }
    if (time % TICK_MS === 0) {
      pace = nextPace(pace, tick);
      tick = seen({ ms: 0 });
    }
  }
  const fallen = o.fallsTo ? shops - o.fallsTo.after : 0;
  const limited = (shops - fallen - burst) / perSecond + (o.fallsTo ? fallen / o.fallsTo.perSecond : 0);
  const ideal = Math.max(limited, (shops * latency) / 1000 / concurrency);
  return { ratio: time / 1000 / ideal, refusedShare: refused / calls };
}

describe("the pace", () => {
  it("starts low and doubles while Shopify is well and the rate is what holds it back", () => {
    expect(initialPace.rate).toBe(40);
    const after = healthy(initialPace, 4);
    expect(after.rate).toBe(640);
    expect(after.reason).toBe("rising");
  });

  it("does not save up a surge while something else holds it back", () => {
    const fast = healthy(initialPace, 6);
    let idle = fast;
    for (let i = 0; i < 20; i++) idle = nextPace(idle, seen({ answered: 5, latencyMs: 500 }));
    expect(idle.rate).toBeLessThanOrEqual(60);
    expect(idle.rate).toBeLessThan(fast.rate);
  });

  it("cuts below what was reached when Shopify answers 429, once for one event", () => {
    const before = healthy(initialPace, 5);
    const cut = nextPace(before, seen({ answered: 20, throttled: 3, limited: true }));
    expect(cut).toMatchObject({ mode: "plateau", reason: "throttled" });
    expect(cut.rate).toBeLessThan(before.rate * 0.93);
    const sameEvent = nextPace(cut, seen({ ms: 0, waitedMs: 250, throttled: 4 }));
    expect(sameEvent.rate).toBe(cut.rate);
  });

  it("does not take what little was answered before an early refusal for the limit", () => {
    let pace = initialPace;
    for (let i = 0; i < 3; i++) pace = nextPace(pace, seen({ answered: 2, latencyMs: 400 }));
    const early = nextPace(pace, seen({ throttled: 1 }));
    expect(early.reason).toBe("throttled");
    expect(early.rate).toBeLessThan(initialPace.rate);
    expect(early.rate).toBeGreaterThan(initialPace.rate / 2);
  });

  it("slows when answers take far longer than they did, and rises gently again", () => {
    const before = healthy(initialPace, 20, 100);
    let slow = before;
    for (let i = 0; i < 8; i++) slow = nextPace(slow, seen({ answered: 20, latencyMs: 20 * 3_000 }));
    expect(slow.rate).toBeLessThan(before.rate / 2);
    expect(healthy(slow, 4, 100).rate).toBeGreaterThan(slow.rate);
  });

  it("slows when many answers are broken", () => {
    const before = healthy(initialPace, 20);
    const failing = nextPace(before, seen({ answered: 20, broken: 5_000, latencyMs: 2_000, limited: true }));
    expect(failing.reason).toBe("failing");
    expect(failing.rate).toBeLessThan(before.rate);
  });

  it("counts no time in which nothing could be called", () => {
    const before = healthy(initialPace, 3);
    expect(nextPace(before, seen({ ms: 0, waitedMs: 1_000 }))).toMatchObject({
      rate: before.rate,
      recent: before.recent,
    });
  });

  it.each([
    { perSecond: 60, burst: 20, shops: 6_000 },
    { perSecond: 60, burst: 20, shops: 6_000, retryAfter: 2 },
    { perSecond: 60, burst: 20, shops: 6_000, latency: 300 },
    { perSecond: 10, burst: 5, shops: 1_000 },
    { perSecond: 150, burst: 20, shops: 10_000 },
  ])("finds a limit it does not know and stays below it: %o", (limit) => {
    const { ratio, refusedShare } = simulate(limit);
    expect(ratio).toBeLessThan(1.15);
    expect(refusedShare).toBeLessThan(0.03);
  });

  it.each([0.005, 0.02, 0.05])(
    "is not brought to a standstill by refusals that no slowing down makes rarer: %d",
    (atRandom) => {
      const shops = 5_000;
      const { ratio } = simulate({ perSecond: 1e6, burst: 1e6, shops, atRandom });
      // Each refusal costs its Retry-After of a second; nothing could be done about that.
      const waiting = (shops * atRandom) / (shops / 200);
      expect(ratio).toBeLessThan(1.5 * (1 + waiting));
    },
  );

  it("goes on slowing down where that is what helps: a limit that falls in the middle", () => {
    const { ratio, refusedShare } = simulate({
      perSecond: 60,
      burst: 20,
      shops: 6_000,
      fallsTo: { perSecond: 10, after: 3_000 },
    });
    expect(ratio).toBeLessThan(1.2);
    expect(refusedShare).toBeLessThan(0.03);
  });

  it("reaches full speed at once where there is no limit", () => {
    expect(simulate({ perSecond: 1e6, burst: 1e6, shops: 10_000 }).ratio).toBeLessThan(1.05);
  });
});
