import type { Database } from "../../infra/database/database.ts";
import type { Logger } from "../../infra/log/log.server.ts";
import type { Metrics } from "../../infra/metrics.server.ts";
import { storePace, takeOverFromDead, type Heartbeat } from "../worker/heartbeat.ts";
import { createLeader } from "../worker/lead-run.ts";

/** What the leading instance does for all: decides the pace, and takes the shops of dead workers back. */
export interface RunSteering {
  /** Called at every heartbeat, leading or not: after a gap between them, other workers' silence proves nothing. */
  noteHeartbeat(): void;
  /** One turn of the control loop. @returns calls per second that all instances may make. */
  steer(heard: Heartbeat, isDown: boolean): Promise<number>;
}

export function createRunSteering(deps: {
  db: Database;
  runId: string;
  worker: string;
  deadAfterMs: number;
  log: Logger;
  metrics: Pick<Metrics, "migrationAllowedRate">;
}): RunSteering {
  const { db, runId, worker, deadAfterMs, log, metrics } = deps;
  const leader = createLeader();
  let lastHeartbeatAt = performance.now();
  let mayTakeOverAt = lastHeartbeatAt;
  return {
    noteHeartbeat() {
      const now = performance.now();
      // The database was away, or this process slept: others may have had no better luck.
      if (now - lastHeartbeatAt > deadAfterMs / 2) mayTakeOverAt = now + deadAfterMs;
      lastHeartbeatAt = now;
    },
    async steer(heard, isDown) {
      const decided = leader.decide(heard);
      metrics.migrationAllowedRate.set(decided.pace.rate);
      const notice = isDown ? "Shopify does not answer; one call tries now and then" : decided.notice;
      await storePace(db, runId, worker, { ...decided, notice });
      const now = performance.now();
      if (now > mayTakeOverAt) {
        mayTakeOverAt = now + deadAfterMs / 10;
        const taken = await takeOverFromDead(db, runId, worker, deadAfterMs);
        if (taken > 0) log.warn({ shops: taken }, "shops of a dead worker are taken over");
      }
      return decided.pace.rate;
    },
  };
}
