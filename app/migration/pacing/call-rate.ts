/**
 * How fast a run calls Shopify, all instances together. Shopify publishes no number for the token endpoint, so the limit is found by
 * trying, the way TCP does: doubling while no limit has been met, then about 1% more each second, and a cut at each refusal that
 * concerns all shops. Pure: what was allowed and what was seen give what is allowed next.
 */
export interface Pace {
  /** Calls per second. */
  rate: number;
  /** A limit has been met: the rate creeps from now on. */
  limited: boolean;
  /** Calls answered since the last cut, and the time in which they were. */
  answered: number;
  spentMs: number;
  /** Calling time since the last cut; milliseconds. */
  sinceCutMs: number;
  /** Why the rate is what it is; for people. */
  reason: "starting" | "rising" | "throttled" | "idle";
}

/** What all instances saw in one tick. */
export interface Seen {
  /** Time in which calls could be made; milliseconds. Pauses and outages are not in it. */
  ms: number;
  /** Calls that Shopify answered, whatever it said. */
  answered: number;
  /** Answers that paused all calls. */
  throttled: number;
  /** A call waited only because the rate did not allow it: raising the rate would speed the run up. */
  limited: boolean;
}

const START_RATE = 40;
const LOWEST_RATE = 0.5;
const HIGHEST_RATE = 10_000;
const DOUBLING_MS = 200;
/** Each second, once a limit is known: so slowly that a refusal, which costs its whole Retry-After, is rare. */
const RISE_PER_SECOND = 0.01;
const LEAST_RISE_PER_SECOND = 0.1;
/** Below what was answered since the last cut; never less than half of the rate at once. */
const CUT = 0.95;
const SHALLOWEST_CUT = 0.9;
const DEEPEST_CUT = 0.5;
/** While all wait a bucket refills, so half a second of the wait counts as time in which the answers were earned. */
const REFILL_MS = 500;
/** Answers to one refusal still arrive for a while; they are the same event. */
const SAME_EVENT_MS = 500;

export const initialPace: Pace = {
  rate: START_RATE,
  limited: false,
  answered: 0,
  spentMs: 0,
  sinceCutMs: SAME_EVENT_MS,
  reason: "starting",
};

/** One turn of the control loop. */
export function nextPace(pace: Pace, seen: Seen): Pace {
  const next = {
    ...pace,
    answered: pace.answered + seen.answered,
    // Time in which calls hung and nothing was answered says nothing about a limit.
    spentMs: pace.spentMs + (seen.answered > 0 ? seen.ms : 0),
    sinceCutMs: pace.sinceCutMs + seen.ms,
  };
  if (seen.throttled > 0) {
    if (pace.sinceCutMs < SAME_EVENT_MS) return next;
    const sustained = (next.answered / (next.spentMs + REFILL_MS)) * 1_000;
    const cut = Math.min(SHALLOWEST_CUT, Math.max(DEEPEST_CUT, (CUT * sustained) / pace.rate));
    const rate = bounded(pace.rate * cut);
    return { ...next, rate, limited: true, answered: 0, spentMs: 0, sinceCutMs: 0, reason: "throttled" };
  }
  if (seen.ms <= 0) return next;
  if (!seen.limited) return relax(next, seen);
  if (!pace.limited)
    return { ...next, rate: bounded(pace.rate * 2 ** Math.min(1, seen.ms / DOUBLING_MS)), reason: "rising" };
  const rise = Math.max(LEAST_RISE_PER_SECOND, RISE_PER_SECOND * pace.rate);
  return { ...next, rate: bounded(pace.rate + (rise * seen.ms) / 1_000), reason: "rising" };
}

/** Something else holds the run back: what is allowed does not run far ahead of what is used, so that no surge is stored up. */
function relax(pace: Pace, seen: Seen): Pace {
  if (seen.answered === 0) return { ...pace, reason: "idle" };
  return {
    ...pace,
    rate: Math.min(pace.rate, Math.max(START_RATE, (3 * seen.answered * 1_000) / Math.max(seen.ms, 250))),
  };
}

function bounded(rate: number): number {
  return Math.min(HIGHEST_RATE, Math.max(LOWEST_RATE, rate));
}
