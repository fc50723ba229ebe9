/**
 * A refusal says that there is a limit only if going slower makes refusals rarer. Some are not about our pace at all: a shop's own
 * limit, or an endpoint that refuses at random. Cutting the rate for each of those would bring a run to a standstill. So when
 * refusals keep coming below the very limit that they had told of, or have told of ever lower ones, slowing down is put to the test:
 * for a while they are honoured, each for its Retry-After, and otherwise ignored; what comes out of that, waiting included, decides.
 */
export interface RefusalTrial {
  /** Refusals in a row that came well below the limit taken for known. */
  early: number;
  /** The highest limit that was ever taken for known. */
  highest: number;
  /** What was answered of late, and in how much time, waiting included. */
  cutting: Yield;
  /** The same while refusals are ignored, with those and the calls refused with them; null when they are not. */
  ignoring: (Yield & { refusals: number; refused: number }) | null;
  /** No further test for so long, once it has shown that slowing down is right. */
  restMs: number;
}

interface Yield {
  answered: number;
  ms: number;
}

const EARLY_BEFORE_TRIAL = 6;
/** So far below the limit a refusal contradicts it. */
const EARLY = 0.985;
/** A limit below this share of the highest is doubted, too. */
const FALLEN_TO = 0.25;
/** The rate rises first; what that yields says nothing yet. */
const SETTLED_AFTER = 2;
const JUDGED_AFTER = 10;
const REMEMBERED = 20;
const LONG_AGO = 500;
/** Above a limit, whatever is on its way when it is met is refused with it: so many refused for each answered end the test early. */
const HOPELESS_AFTER = 3;
const MOST_REFUSED = 0.2;
const REST_MS = 120_000;

export const noTrial: RefusalTrial = {
  early: 0,
  highest: 0,
  cutting: { answered: 0, ms: 0 },
  ignoring: null,
  restMs: 0,
};

const NOTHING_YET = { refusals: 0, refused: 0, answered: 0, ms: 0 };

/** Time passes, and calls are answered, or refused. */
export function passTime(trial: RefusalTrial, seen: Yield & { refused: number }): RefusalTrial {
  const { ignoring } = trial;
  const { ms } = seen;
  const add = (to: Yield): Yield => ({ answered: to.answered + seen.answered, ms: to.ms + ms });
  return {
    ...trial,
    cutting: ignoring ? trial.cutting : recent(add(trial.cutting)),
    ignoring: ignoring && { ...ignoring, ...add(ignoring), refused: ignoring.refused + seen.refused },
    restMs: Math.max(0, trial.restMs - ms),
  };
}

/**
 * A refusal came.
 * @param at the rate then and the limit taken for known, if one is.
 * @returns whether to cut the rate, and to what at most.
 */
export function onThrottled(
  trial: RefusalTrial,
  at: { rate: number; limit: number | undefined },
): { trial: RefusalTrial; cut: boolean; limit?: number } {
  if (trial.ignoring) return hearIgnored(trial, { ...trial.ignoring, refusals: trial.ignoring.refusals + 1 });
  if (at.limit === undefined) return { trial, cut: true };
  const highest = Math.max(trial.highest, at.limit);
  const isEarly = at.rate < EARLY * at.limit;
  const early = isEarly ? trial.early + 1 : Math.max(0, trial.early - 1);
  const next = { ...trial, highest, early };
  const isDoubtful = early >= EARLY_BEFORE_TRIAL || at.limit < FALLEN_TO * highest;
  if (!isDoubtful || trial.restMs > 0) return { trial: next, cut: true };
  return { trial: { ...next, ignoring: NOTHING_YET }, cut: false };
}

function hearIgnored(trial: RefusalTrial, ignoring: NonNullable<RefusalTrial["ignoring"]>) {
  const { refusals, answered, refused } = ignoring;
  const isHopeless = refusals >= HOPELESS_AFTER && refused > MOST_REFUSED * answered;
  if (isHopeless || (refusals >= JUDGED_AFTER && perSecond(ignoring) < perSecond(trial.cutting))) {
    return { trial: { ...noTrial, restMs: REST_MS }, cut: true, limit: perSecond(trial.cutting) };
  }
  if (refusals === SETTLED_AFTER) ignoring = { ...NOTHING_YET, refusals };
  if (refusals >= REMEMBERED) {
    const share = (JUDGED_AFTER - SETTLED_AFTER) / (refusals - SETTLED_AFTER);
    ignoring = {
      refusals: JUDGED_AFTER,
      answered: answered * share,
      refused: refused * share,
      ms: ignoring.ms * share,
    };
  }
  return { trial: { ...trial, ignoring }, cut: false };
}

/** What was long ago counts for less. */
function recent({ answered, ms }: Yield): Yield {
  return answered > LONG_AGO ? { answered: answered / 2, ms: ms / 2 } : { answered, ms };
}

function perSecond({ answered, ms }: Yield): number {
  return ms > 0 ? (answered / ms) * 1000 : 0;
}
