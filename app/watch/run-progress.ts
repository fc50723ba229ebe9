import sql from "sql-template-tag";
import type { Database } from "../infra/database/database.ts";

/** How the migration goes on, from its latest run. */
export interface RunProgress {
  status: "none" | "running" | "completed" | "stopped" | "halted" | "failed";
  /** The next wave waits for the operator's word, or the run is being stopped: nothing is meant to happen. */
  waits: boolean;
  /** Shops that the run is done with. */
  finished: number;
  /** Shops that it found; 0 while they are being counted. */
  total: number;
  /** Names this state of the run: another one means that something has happened. */
  mark: string;
}

const NONE: RunProgress = { status: "none", waits: false, finished: 0, total: 0, mark: "none" };

/** Reads the latest run that was no rehearsal, by its tallies: some milliseconds whatever its size. */
export async function readRunProgress(db: Database): Promise<RunProgress> {
  const [run] = await db.query<(Omit<RunProgress, "mark"> & { id: string })[]>(sql`
    SELECT r."id", r."status", r."stopRequested" OR coalesce(r."waveBeginsAt" > now(), false) AS "waits",
      coalesce((SELECT sum(t."shops") FROM expand_contract."MigrationTally" t WHERE t."runId" = r."id"), 0)::int AS "finished",
      greatest(coalesce(r."total", 0), r."taken")::int AS "total"
    FROM expand_contract."MigrationRun" r WHERE NOT r."dryRun" ORDER BY r."startedAt" DESC LIMIT 1`);
  if (!run) return NONE;
  const { id, ...progress } = run;
  return { ...progress, mark: `${id} ${run.status} ${run.finished}` };
}
