import type { Database } from "../../infra/database/database.ts";
import type { Logger } from "../../infra/log/log.server.ts";
import type { Metrics } from "../../infra/metrics.server.ts";
import type { Tokens } from "../../tokens/index.ts";

export interface WorkerDependencies {
  db: Database;
  tokens: Pick<Tokens, "migrate"> & Partial<Pick<Tokens, "storageProblem">>;
  log: Logger;
  metrics: Pick<Metrics, "migrationOutcomes" | "migrationAllowedRate">;
  /** Time between heartbeats, and between turns of the control loop; milliseconds. */
  tickMs: number;
  /** Workers without a heartbeat for this long are considered dead: their shops go to others. */
  deadAfterMs: number;
  /** Faults of the app's own that last this long end the run as failed; milliseconds, a minute unless told. */
  giveUpAfterMs?: number;
  /** 0 to 1, for the jitter of retries. */
  random?: () => number;
}

export interface RunWorker {
  /** Resolves when the run has ended or the worker has left it: `struckOff` when others took it for dead. Never rejects. */
  readonly done: Promise<{ struckOff: boolean }>;
  /** Takes up no further shop, waits at most `graceMs` for the calls in flight, and gives the rest back. */
  leave(graceMs: number): Promise<void>;
}
