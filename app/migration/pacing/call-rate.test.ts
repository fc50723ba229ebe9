// Proves that the rate of a run finds an unpublished limit and stays below it, in simulated time.
import { describe, expect, it } from "vitest";
import { initialPace, nextPace, wasJustCut, type Pace, type Seen } from "./call-rate.ts";

const TICK_MS = 250;

function seen(over: Partial<Seen> = {}): Seen {
  return { ms: TICK_MS, throttled: 0, limited: false, ...over };
}

/** Ticks in which Shopify answers everything that is allowed. */
function healthy(pace: Pace, ticks: number): Pace {
  for (let i = 0; i < ticks; i++) {
    pace = nextPace(pace, seen({ limited: true }));
  }
  return pace;
}

/** A token endpoint with a limit for all, one millisecond a step; the pace decides when calls leave. */
function simulate(o: {
  perSecond: number;
  burst: number;
  shops: number;
  latency?: number;
  concurrency?: number;
  retryAfter?: number;
  /** Another limit once this many shops are done. */
  fallsTo?: { perSecond: number; after: number };
}) {
  const { perSecond, burst, shops, latency = 100, concurrency = 20, retryAfter = 1 } = o;
  let pace = initialPace;
  let [bucket, saved, left, calls, refused, pausedUntil] = [burst, 1, shops, 0, 0, 0];
  const flying: { ends: number; fine: boolean }[] = [];
  let tick = seen({ ms: 0 });
  let time = 0;
  for (; left > 0 && time < 3_600_000; time++) {
    const isFallen = o.fallsTo !== undefined && shops - left >= o.fallsTo.after;
    bucket = Math.min(burst, bucket + (isFallen ? o.fallsTo!.perSecond : perSecond) / 1000);
    if (time >= pausedUntil) {
      tick.ms++;
      saved = Math.min(Math.max(1, pace.rate / 20), saved + pace.rate / 1000);
    }
    for (const call of flying.filter(({ ends }) => ends === time)) {
      flying.splice(flying.indexOf(call), 1);
      if (call.fine) left--;
      else {
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
      const fine = bucket >= 1;
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
  it("starts low and doubles while no limit is known and the rate is what holds it back", () => {
    expect(initialPace.rate).toBe(80);
    expect(healthy(initialPace, 4)).toMatchObject({ rate: 1_280, limited: false });
  });

  it("stays as it is while something else holds the run back", () => {
    const before = healthy(initialPace, 2);
    let idle = before;
    for (let i = 0; i < 40; i++) idle = nextPace(idle, seen());
    expect(idle.rate).toBe(before.rate);
  });

  it("more than halves at the first refusal, once for one event, and creeps from then on", () => {
    const before = healthy(initialPace, 5);
    const cut = nextPace(before, seen({ throttled: 3, limited: true }));
    expect(cut).toMatchObject({ limited: true, rate: before.rate * 0.4 });
    expect(wasJustCut(cut)).toBe(true);
    expect(nextPace(cut, seen({ ms: 0, throttled: 4 })).rate).toBe(cut.rate);
    const after = healthy(cut, 4);
    expect(wasJustCut(after)).toBe(false);
    expect(after.rate).toBeGreaterThan(cut.rate);
    expect(after.rate).toBeLessThan(cut.rate * 1.02);
    expect(nextPace(after, seen({ throttled: 1 })).rate).toBe(after.rate * 0.85);
  });

  it("takes no time in which calls hung for time in which a limit held: a refusal after it costs no more", () => {
    const before = healthy(nextPace(initialPace, seen({ throttled: 1 })), 4);
    let hung = before;
    for (let i = 0; i < 400; i++) hung = nextPace(hung, seen());
    expect(nextPace(hung, seen({ throttled: 1 })).rate).toBe(nextPace(before, seen({ throttled: 1 })).rate);
  });

  it("counts no time in which nothing could be called", () => {
    const before = healthy(initialPace, 3);
    expect(nextPace(before, seen({ ms: 0 }))).toEqual(before);
  });

  it.each([
    { perSecond: 60, burst: 20, shops: 6_000 },
    { perSecond: 60, burst: 20, shops: 1_500 },
    { perSecond: 60, burst: 20, shops: 6_000, latency: 300 },
    { perSecond: 60, burst: 20, shops: 6_000, latency: 20 },
    { perSecond: 10, burst: 5, shops: 1_000 },
    { perSecond: 150, burst: 20, shops: 10_000 },
    { perSecond: 60, burst: 20, shops: 6_000, fallsTo: { perSecond: 10, after: 3_000 } },
  ])("finds a limit it does not know and stays below it: %o", (limit) => {
    const { ratio, refusedShare } = simulate(limit);
    expect(ratio).toBeLessThan(1.23);
    expect(refusedShare).toBeLessThan(0.04);
  });

  it("reaches full speed at once where there is no limit", () => {
    expect(simulate({ perSecond: 1e6, burst: 1e6, shops: 10_000 }).ratio).toBeLessThan(1.05);
  });
});
