import type { Database } from "../../infra/database/database.ts";
import type { MigrationOptions, RunPlan, RunStatus } from "../types.ts";

/** One worker of one run, on its database. */
export interface RunMember {
  db: Database;
  runId: string;
  worker: string;
  /** Workers without a heartbeat for this long are considered dead; milliseconds. */
  deadAfterMs: number;
}

/** A row of `MigrationRun`, as it is stored. */
export interface RunRow {
  id: string;
  status: RunStatus;
  dryRun: boolean;
  options: MigrationOptions;
  startedAt: Date;
  finishedAt: Date | null;
  stopRequested: boolean;
  haltReason: string | null;
  /** How a run that stops itself ends, once the calls in flight have. */
  endsAs: "halted" | "failed" | null;
  total: number | null;
  taken: number;
  cursor: string;
  wave: number;
  drained: boolean;
  allowedRate: number | null;
  pausedUntil: Date | null;
  recentRate: number;
  notice: string | null;
  permanentTokens: number | null;
  migratableTokens: number | null;
  legacyPrefixRows: number | null;
  plan: RunPlan | null;
}

/** What decides which shops a run takes up, and how; the rest of the options concerns one request only. */
export function storedOptions(options: MigrationOptions): Omit<MigrationOptions, "waitSeconds" | "dryRun"> {
  const { waitSeconds: _waitSeconds, dryRun: _dryRun, ...stored } = options;
  return stored;
}

/** The shares of a run's waves. A run without waves is one wave of everything. */
export function wavesOf(options: Pick<MigrationOptions, "waves">): number[] {
  return options.waves ?? [100];
}
