import { onThrottled, noTrial, passTime, type RefusalTrial } from "./refusal-trial.ts";

/**
 * The one control loop that decides how fast a run calls Shopify. Pure: what was allowed and what was seen give what is allowed
 * next. Shopify publishes no number for the token endpoint, so the limit is found by trying: quickly while nothing is known,
 * then with long plateaus just below the last known limit (the curve of CUBIC, RFC 9438), because each refusal costs its
 * whole Retry-After.
 */

export interface Pace {
  /** Calls per second, all instances together. */
  rate: number;
  /** No limit is known: `rising`, doubling; `recovering`, the same but gently. `plateau`: along the curve around the limit met last. */
  mode: "rising" | "recovering" | "plateau";
  /** Calls per second that were answered when the limit was met. */
  limit: number;
  /** How far the rate was cut below the limit, and when the curve is back at it; milliseconds of calling at that rate. */
  cutTo: number;
  backAfterMs: number;
  sinceCutMs: number;
  /** Time along the curve: passes only while the rate is what holds the run back. */
  curveMs: number;
  /** What was answered since the last refusal, in how much time. */
  sinceRefusal: { answered: number; ms: number; waitedMs: number };
  /** Whether refusals are about the rate at all. */
  trial: RefusalTrial;
  /** The latency taken for normal: the lowest seen, drifting up slowly so that a new normal is learnt. */
  normalLatencyMs: number | null;
  /** The last ticks in which calls could be made. */
  recent: Seen[];
  /** Why the rate is what it is; for people. */
  reason: "starting" | "rising" | "plateau" | "throttled" | "failing" | "slow" | "idle";
}

/** What all instances saw in one tick. */
export interface Seen {
  /** Length of the tick in milliseconds, without the time that was spent waiting for a Retry-After; and that time. */
  ms: number;
  waitedMs: number;
  /** Calls that Shopify answered, whatever it said. */
  answered: number;
  /** Refused with 429. */
  throttled: number;
  /** Answered with 5xx, not at all, or with something unreadable. */
  broken: number;
  /** Sum over the answered calls. */
  latencyMs: number;
  /** A call waited only because the rate did not allow it: raising the rate would speed the run up. */
  limited: boolean;
}

const START_RATE = 40;
const LOWEST_RATE = 0.5;
const HIGHEST_RATE = 10_000;
const DOUBLING_MS = 200;
const WINDOW_TICKS = 8;
/** So far above the limit without a refusal, there is no such limit (any more). */
const REFUTED = 1.1;
/** A refusal costs its Retry-After, so the next one is risked after a plateau of so many times that, within bounds. */
const PLATEAU_PER_WAIT = 16;
const LONGEST_PLATEAU_MS = 180_000;
const THROTTLE = { cutTo: 0.93, backAfterMs: 12_000 };
/** After a strain, failing or slow answers, no limit is known: cut to this share of what was reached, then rise gently. */
const STRAIN_CUT = 0.7;
const GENTLE_DOUBLING_MS = 2_000;
/** Refused after so few calls, nobody knows where the limit is. */
const FEWEST_TO_TELL = 20;
const BLIND_CUT = 0.75;
/** Answers to one refusal still arrive for a while; they are the same event. */
const SAME_EVENT_MS = 500;
/** Below, a peak says more than an average; above, the waiting time of one Retry-After no longer weighs. */
const SHORT_MS = 2_000;
const LONG_MS = 10_000;
/** While a Retry-After is waited for, a bucket refills for at most so long: then it is full. */
const BURST_MS = 800;
const LATENCY_PATIENCE_MS = 2_000;
const LATENCY_DRIFT_PER_SECOND = 0.02;

export const initialPace: Pace = {
  rate: START_RATE,
  mode: "rising",
  limit: 0,
  cutTo: 1,
  backAfterMs: 1,
  sinceCutMs: 0,
  curveMs: 0,
  sinceRefusal: { answered: 0, ms: 0, waitedMs: 0 },
  trial: noTrial,
  normalLatencyMs: null,
  recent: [],
  reason: "starting",
};

/** One turn of the loop. */
export function nextPace(pace: Pace, seen: Seen): Pace {
  const sinceRefusal = {
    answered: pace.sinceRefusal.answered + seen.answered,
    ms: pace.sinceRefusal.ms + seen.ms,
    waitedMs: pace.sinceRefusal.waitedMs + seen.waitedMs,
  };
  const trial = passTime(pace.trial, {
    answered: seen.answered,
    refused: seen.throttled,
    ms: seen.ms + seen.waitedMs,
  });
  if (seen.ms <= 0 && seen.throttled === 0) return { ...pace, sinceRefusal, trial };
  const recent = [...pace.recent, seen].slice(-WINDOW_TICKS);
  const window = sum(recent);
  const throughput = perSecond(window);
  const next: Pace = {
    ...pace,
    recent,
    sinceRefusal,
    trial,
    sinceCutMs: pace.sinceCutMs + seen.ms,
    normalLatencyMs: normalLatency(pace, seen),
  };

  if (seen.throttled > 0) {
    if (pace.sinceCutMs < SAME_EVENT_MS) return next;
    const limitKnown = pace.mode === "plateau" ? pace.limit : undefined;
    const heard = onThrottled(trial, { rate: pace.rate, limit: limitKnown });
    if (!heard.cut) return ignoreRefusal({ ...next, trial: heard.trial });
    const backAfterMs = Math.min(
      Math.max(THROTTLE.backAfterMs, PLATEAU_PER_WAIT * next.sinceRefusal.waitedMs),
      LONGEST_PLATEAU_MS,
    );
    const limit = heard.limit ?? Math.min(pace.rate, limitMet(next));
    return cut({ ...next, trial: heard.trial }, limit, { ...THROTTLE, backAfterMs }, "throttled");
  }
  if (pace.sinceCutMs >= LATENCY_PATIENCE_MS && window.answered >= 5 && throughput > 0) {
    if (window.broken >= 5 && window.broken > 0.2 * (window.answered + window.broken))
      return strained(next, throughput, "failing");
    const latency = window.latencyMs / window.answered;
    if (next.normalLatencyMs !== null && latency > 4 * next.normalLatencyMs + 250)
      return strained(next, throughput, "slow");
  }
  return seen.limited ? climb(next, seen.ms) : settle(next, throughput);
}

/** Its Retry-After is waited for, as always; the rate rises on. */
function ignoreRefusal(pace: Pace): Pace {
  const mode = pace.mode === "plateau" ? "recovering" : pace.mode;
  return { ...pace, mode, sinceCutMs: 0, recent: [], sinceRefusal: initialPace.sinceRefusal };
}

function strained(pace: Pace, throughput: number, reason: Pace["reason"]): Pace {
  if (pace.mode === "plateau")
    return cut(pace, Math.min(pace.limit, throughput), { ...THROTTLE, cutTo: STRAIN_CUT }, reason);
  const rate = bounded(Math.min(pace.rate, throughput * STRAIN_CUT));
  return { ...pace, mode: "recovering", rate, sinceCutMs: 0, recent: [], reason };
}

function cut(pace: Pace, limit: number, how: typeof THROTTLE, reason: Pace["reason"]): Pace {
  return {
    ...pace,
    ...how,
    mode: "plateau",
    limit,
    rate: bounded(limit * how.cutTo),
    sinceCutMs: 0,
    curveMs: 0,
    recent: [],
    sinceRefusal: reason === "throttled" ? initialPace.sinceRefusal : pace.sinceRefusal,
    reason,
  };
}

/**
 * Calls per second that Shopify seems to sustain, at the moment of a refusal. What was answered of late contains a burst that
 * had been saved up, so it is too much; the average since the last refusal, the refilling included that its waiting time
 * brought, is too little. The truth lies between, and every further refusal narrows it.
 */
function limitMet(pace: Pace): number {
  const { answered, ms, waitedMs } = pace.sinceRefusal;
  // Too little was seen to tell anything but that it was too fast: a start, or a process that was killed in the middle.
  if (answered < FEWEST_TO_TELL) return pace.rate * BLIND_CUT;
  const window = sum(pace.recent);
  const most = ms >= SHORT_MS ? perSecond(window) : Math.max(...pace.recent.map(perSecond));
  const least = perSecond({ answered, ms: ms >= LONG_MS ? ms : ms + Math.min(waitedMs, BURST_MS) });
  return Math.sqrt(most * (least || most));
}

function perSecond({ answered, ms }: { answered: number; ms: number }): number {
  return ms > 0 ? (answered / ms) * 1000 : 0;
}

/** The rate is what holds the run back: raise it. */
function climb(pace: Pace, ms: number): Pace {
  if (pace.mode !== "plateau") {
    const doublingMs = pace.mode === "rising" ? DOUBLING_MS : GENTLE_DOUBLING_MS;
    return { ...pace, rate: bounded(pace.rate * 2 ** (Math.min(ms, doublingMs) / doublingMs)), reason: "rising" };
  }
  // limit × (1 + c (t − K)³), with c such that the curve begins at the cut and is back at the limit after K.
  const c = (1 - pace.cutTo) / pace.backAfterMs ** 3;
  const curveMs = pace.curveMs + ms;
  const curve = pace.limit * (1 + c * (curveMs - pace.backAfterMs) ** 3);
  if (curve > pace.limit * REFUTED) return { ...pace, mode: "recovering", curveMs, reason: "rising" };
  return { ...pace, curveMs, rate: bounded(Math.min(curve, pace.rate * 1.5)), reason: "plateau" };
}

/** Something else holds the run back. What is allowed is not let run far ahead of what is used, so that no surge is stored up. */
function settle(pace: Pace, throughput: number): Pace {
  return {
    ...pace,
    rate: Math.min(pace.rate, Math.max(START_RATE, 3 * throughput)),
    reason: throughput > 0 ? pace.reason : "idle",
  };
}

function normalLatency(pace: Pace, seen: Seen): number | null {
  if (seen.answered === 0) return pace.normalLatencyMs;
  const latency = seen.latencyMs / seen.answered;
  if (pace.normalLatencyMs === null) return latency;
  return Math.min(latency, pace.normalLatencyMs * (1 + (LATENCY_DRIFT_PER_SECOND * seen.ms) / 1000));
}

function sum(ticks: readonly Seen[]) {
  const total = { ms: 0, answered: 0, broken: 0, latencyMs: 0 };
  for (const tick of ticks) {
    total.ms += tick.ms;
    total.answered += tick.answered;
    total.broken += tick.broken;
    total.latencyMs += tick.latencyMs;
  }
  return total;
}

function bounded(rate: number): number {
  return Math.min(HIGHEST_RATE, Math.max(LOWEST_RATE, rate));
}
