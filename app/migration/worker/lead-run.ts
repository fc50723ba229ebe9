import type { Logger } from "../../infra/log/log.server.ts";
import type { Metrics } from "../../infra/metrics.server.ts";
import { initialPace, nextPace, wasJustCut, type Pace } from "../pacing/call-rate.ts";
import type { RunMember } from "../run/run-row.ts";
import { storePace, takeOverFromDead, type Heartbeat, type WorkerStats } from "./heartbeat.ts";

/** Ticks over which the recent rate is averaged. */
const RATE_TICKS = 20;

/** What the leading instance does for all: decides the pace, and takes the shops of dead workers back. */
export function createRunLeader(me: RunMember, log: Logger, metrics: Pick<Metrics, "migrationAllowedRate">) {
  const { deadAfterMs } = me;
  const control = createPaceControl();
  let lastHeartbeatAt = performance.now();
  let mayTakeOverAt = lastHeartbeatAt;
  return {
    /** Called at every heartbeat, leading or not: after a gap between them, other workers' silence proves nothing. */
    noteHeartbeat(): void {
      const now = performance.now();
      // The database was away, or this process slept: others may have had no better luck.
      if (now - lastHeartbeatAt > deadAfterMs / 2) mayTakeOverAt = now + deadAfterMs;
      lastHeartbeatAt = now;
    },
    /** One turn of the control loop. @returns calls per second that all instances may make. */
    async steer(run: Heartbeat, isDown: boolean): Promise<number> {
      const decided = control.decide(run, isDown);
      metrics.migrationAllowedRate.set(decided.pace.rate);
      await storePace(me, decided);
      const now = performance.now();
      if (now > mayTakeOverAt) {
        mayTakeOverAt = now + deadAfterMs / 10;
        const taken = await takeOverFromDead(me);
        if (taken > 0) log.warn({ shops: taken }, "shops of a dead worker are taken over");
      }
      return decided.pace.rate;
    },
  };
}

/**
 * Turns what all workers did since the last turn into the next pace.
 * @param now milliseconds, monotonic.
 */
export function createPaceControl(now: () => number = () => performance.now()) {
  let before: Map<string, WorkerStats> | undefined;
  let decidedAt = now();
  let finished = 0;
  const rates: { at: number; finished: number }[] = [];

  return {
    /** @param isDown Shopify does not answer. */
    decide({ workers, pacing, pausedMs }: Pick<Heartbeat, "workers" | "pacing" | "pausedMs">, isDown: boolean) {
      const at = now();
      const sum = (key: keyof WorkerStats) =>
        // A leader that takes over has not seen what was before; a worker that joined since began at zero.
        workers.reduce(
          (all, { id, stats }) => all + stats[key] - ((before ?? new Map([[id, stats]])).get(id)?.[key] ?? 0),
          0,
        );
      const ms = before === undefined || pausedMs > 0 || isDown ? 0 : at - decidedAt;
      const pace = nextPace(
        { ...initialPace, ...pacing },
        { ms, throttled: sum("throttled"), limited: sum("limited") > 0 },
      );
      finished += sum("finished");
      before = new Map(workers.map(({ id, stats }) => [id, stats]));
      decidedAt = at;
      rates.push({ at, finished });
      if (rates.length > RATE_TICKS) rates.shift();
      return { pace, recentRate: rateOver(rates), notice: noticeOf(pace, isDown) };
    },
  };
}

function rateOver(rates: readonly { at: number; finished: number }[]): number {
  const first = rates[0]!;
  const last = rates.at(-1)!;
  return last.at > first.at ? ((last.finished - first.finished) / (last.at - first.at)) * 1000 : 0;
}

function noticeOf(pace: Pace, isDown: boolean): string | null {
  if (isDown) return "Shopify does not answer; one call tries now and then";
  return wasJustCut(pace) ? "Shopify answered 429; going on a little slower" : null;
}
