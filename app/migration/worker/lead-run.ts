import type { Heartbeat, WorkerStats } from "./heartbeat.ts";
import { initialPace, nextPace, type Pace, type Seen } from "../pacing/call-rate.ts";

/** Ticks over which the recent rate is averaged. */
const RATE_TICKS = 20;

/** The control loop of a run, in whichever instance leads it now. */
export interface RunLeader {
  /** One turn: what all workers did since the last one decides the pace. */
  decide(heard: Heartbeat): { pace: Pace; recentRate: number; notice: string | null };
}

export function createLeader(now: () => number = () => performance.now()): RunLeader {
  let before = new Map<string, WorkerStats>();
  const rates: { at: number; finished: number }[] = [];
  let finished = 0;

  return {
    decide({ workers, pacing }) {
      const isFirstTurn = before.size === 0;
      const deltas = workers.flatMap(({ id, stats }) => {
        // A leader that takes over has not seen what was before; a worker that joined since began at zero.
        const last = before.get(id) ?? (isFirstTurn ? stats : undefined);
        return [difference(stats, last)];
      });
      before = new Map(workers.map(({ id, stats }) => [id, stats]));
      const seen = gather(deltas);
      const pace = nextPace({ ...initialPace, ...pacing }, seen);
      finished += deltas.reduce((sum, delta) => sum + delta.finished, 0);
      rates.push({ at: now(), finished });
      if (rates.length > RATE_TICKS) rates.shift();
      return { pace, recentRate: rateOver(rates), notice: noticeOf(pace) };
    },
  };
}

function difference(now: WorkerStats, before: WorkerStats | undefined): WorkerStats {
  if (!before) return now;
  const delta = { ...now };
  for (const key of Object.keys(delta) as (keyof WorkerStats)[]) delta[key] = (now[key] ?? 0) - (before[key] ?? 0);
  return delta;
}

/** Counts add up over the workers; time does not: they work side by side. */
function gather(deltas: readonly WorkerStats[]): Seen {
  const seen: Seen = { ms: 0, answered: 0, throttled: 0, limited: false };
  for (const delta of deltas) {
    seen.ms = Math.max(seen.ms, delta.activeMs);
    seen.answered += delta.answered;
    seen.throttled += delta.throttled;
    seen.limited ||= delta.limited > 0;
  }
  return seen;
}

function rateOver(rates: readonly { at: number; finished: number }[]): number {
  const first = rates[0]!;
  const last = rates.at(-1)!;
  return last.at > first.at ? ((last.finished - first.finished) / (last.at - first.at)) * 1000 : 0;
}

function noticeOf({ reason }: Pace): string | null {
  return reason === "throttled" ? "Shopify answered 429; going on a little slower" : null;
}
