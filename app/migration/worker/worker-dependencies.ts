import type { Database } from "../../infra/database/database.ts";
import type { Logger } from "../../infra/log/log.server.ts";
import type { Metrics } from "../../infra/metrics.server.ts";
import type { Tokens } from "../../tokens/index.ts";

export interface WorkerDependencies {
  db: Database;
  tokens: Pick<Tokens, "migrate"> & Partial<Pick<Tokens, "keyProblem" | "storageProblem">>;
  log: Logger;
  metrics: Pick<Metrics, "migrationOutcomes" | "migrationAllowedRate">;
  /** How often a worker sends a heartbeat and the pace is decided; milliseconds, default 250. */
  tickMs?: number;
  /** Workers without a heartbeat for this long are considered dead: their shops go to others; milliseconds, default 10,000. */
  deadAfterMs?: number;
  /** How long the app's own faults may last before a run ends as failed; milliseconds, default 60,000. */
  giveUpAfterMs?: number;
  /** 0 to 1, for the jitter of retries. */
  random?: () => number;
}
