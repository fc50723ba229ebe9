/**
 * How fast a run calls Shopify, all instances together. Shopify publishes no number for the token endpoint, so the limit is found by
 * trying, the way TCP does: additive increase, multiplicative decrease. Pure: what was allowed and what was seen give what is allowed next.
 */
export interface Pace {
  /** Calls per second. */
  rate: number;
  /** A limit has been met: the rate creeps from now on. */
  limited: boolean;
  /** Calling time since the last cut; milliseconds. */
  sinceCutMs: number;
}

/** What all instances saw in one tick. */
export interface Seen {
  /** Time in which calls could be made; milliseconds. Pauses and outages are not in it. */
  ms: number;
  /** Answers that paused all calls. */
  throttled: number;
  /** A call waited only because the rate did not allow it; otherwise something else holds the run back, and the rate stays. */
  limited: boolean;
}

const START_RATE = 80;
const LOWEST_RATE = 0.5;
const HIGHEST_RATE = 10_000;
/** While no limit is known. */
const DOUBLING_MS = 200;
/** Each second, once one is: so slowly that a refusal, which costs its whole Retry-After, is rare. */
const RISE_PER_SECOND = 0.01;
const LEAST_RISE_PER_SECOND = 0.1;
/** The first refusal comes late in a doubling, far above the limit; later ones come just above it. */
const FIRST_CUT = 0.4;
const CUT = 0.85;
/** Answers to one refusal still arrive for a while; they are the same event. */
const SAME_EVENT_MS = 500;

export const initialPace: Pace = { rate: START_RATE, limited: false, sinceCutMs: SAME_EVENT_MS };

/** Whether the rate was cut a moment ago. */
export const wasJustCut = ({ sinceCutMs }: Pace): boolean => sinceCutMs < SAME_EVENT_MS;

/** One turn of the control loop. */
export function nextPace(pace: Pace, seen: Seen): Pace {
  const next = { ...pace, sinceCutMs: pace.sinceCutMs + seen.ms };
  if (seen.throttled > 0) {
    if (wasJustCut(pace)) return next;
    return { rate: bounded(pace.rate * (pace.limited ? CUT : FIRST_CUT)), limited: true, sinceCutMs: 0 };
  }
  if (!seen.limited) return next;
  if (!pace.limited) return { ...next, rate: bounded(pace.rate * 2 ** Math.min(1, seen.ms / DOUBLING_MS)) };
  const rise = Math.max(LEAST_RISE_PER_SECOND, RISE_PER_SECOND * pace.rate);
  return { ...next, rate: bounded(pace.rate + (rise * seen.ms) / 1_000) };
}

const bounded = (rate: number) => Math.min(HIGHEST_RATE, Math.max(LOWEST_RATE, rate));
