import sql from "sql-template-tag";
import type { GateCounts } from "../pacing/call-gate.ts";
import type { Pace } from "../pacing/call-rate.ts";
import type { RunMember } from "../run/run-row.ts";

/** What a worker did since it joined the run; only ever rises. */
export interface WorkerStats extends GateCounts {
  /** Shops finished. */
  finished: number;
}

/** What a worker learns with each heartbeat. */
export interface Heartbeat {
  /** False when others have taken this worker for dead: what it holds is not its any more. */
  alive: boolean;
  status: string;
  stopRequested: boolean;
  /** Every shop of the wave at work is taken up. */
  drained: boolean;
  leads: boolean;
  allowedRate: number | null;
  pacing: Pace | null;
  /** Milliseconds until calls are allowed again; by the database's clock, so that all instances agree. */
  pausedMs: number;
  workers: { id: string; stats: WorkerStats }[];
}

/** Joins a run as one of its workers. */
export async function joinRun({ db, runId, worker }: RunMember, stats: WorkerStats): Promise<void> {
  await db.execute(sql`
    INSERT INTO expand_contract."MigrationWorker" ("runId", "id", "stats") VALUES (${runId}, ${worker}, ${JSON.stringify(stats)}::jsonb)
    ON CONFLICT ("runId", "id") DO UPDATE SET "seenAt" = now()`);
}

/** Leaves a run. What was held must have been given back before. */
export async function leaveRun({ db, runId, worker }: RunMember): Promise<void> {
  await db.execute(sql`DELETE FROM expand_contract."MigrationWorker" WHERE "runId" = ${runId} AND "id" = ${worker}`);
  await db.execute(
    sql`UPDATE expand_contract."MigrationRun" SET "leader" = NULL WHERE "id" = ${runId} AND "leader" = ${worker}`,
  );
}

/** A heartbeat: reports what was done, reads how the run stands, and takes the lead when no live worker has it. */
export async function heartbeat({ db, runId, worker, deadAfterMs }: RunMember, stats: WorkerStats): Promise<Heartbeat> {
  const dead = sql`now() - ${deadAfterMs}::float8 * interval '1 millisecond'`;
  const [row] = await db.query<Heartbeat[]>(sql`
    WITH me AS (
      UPDATE expand_contract."MigrationWorker" SET "seenAt" = now(), "stats" = ${JSON.stringify(stats)}::jsonb
      WHERE "runId" = ${runId} AND "id" = ${worker} RETURNING 1
    ),
    lead AS (
      UPDATE expand_contract."MigrationRun" SET "leader" = ${worker}, "leaderSeenAt" = now()
      WHERE "id" = ${runId} AND "status" = 'running' AND EXISTS (SELECT 1 FROM me)
        AND ("leader" IS NULL OR "leader" = ${worker} OR "leaderSeenAt" < ${dead}) RETURNING 1
    )
    SELECT EXISTS (SELECT 1 FROM me) AS "alive", r."status", r."stopRequested", r."drained", EXISTS (SELECT 1 FROM lead) AS "leads",
      r."allowedRate", r."pacing",
      greatest(0, extract(epoch FROM r."pausedUntil" - now()) * 1000)::float8 AS "pausedMs",
      (SELECT coalesce(json_agg(json_build_object('id', w."id", 'stats', w."stats")), '[]') FROM expand_contract."MigrationWorker" w
       WHERE w."runId" = ${runId} AND (w."seenAt" >= ${dead} OR w."id" = ${worker})) AS "workers"
    FROM expand_contract."MigrationRun" r WHERE r."id" = ${runId}`);
  if (!row) throw new Error(`Run ${runId} is gone`);
  return { ...row, pausedMs: row.pausedMs ?? 0 };
}

/** The leader's decision for all. */
export async function storePace(
  { db, runId, worker }: RunMember,
  decided: { pace: Pace; recentRate: number; notice: string | null },
): Promise<void> {
  await db.execute(sql`
    UPDATE expand_contract."MigrationRun" SET "allowedRate" = ${decided.pace.rate}, "pacing" = ${JSON.stringify(decided.pace)}::jsonb,
      "recentRate" = ${decided.recentRate}, "notice" = ${decided.notice}
    WHERE "id" = ${runId} AND "leader" = ${worker} AND "status" = 'running'`);
}

/** Pauses all instances for this long, because Shopify asked one of them to wait; never shortens a longer pause. */
export async function storePause({ db, runId }: RunMember, pausedMs: number): Promise<void> {
  await db.execute(sql`
    UPDATE expand_contract."MigrationRun" SET "pausedUntil" = greatest("pausedUntil", now() + ${pausedMs}::float8 * interval '1 millisecond')
    WHERE "id" = ${runId}`);
}

/**
 * Takes the shops of other workers that have not been seen for `deadAfterMs` back into the queue, and strikes them off. A worker that
 * was only slow finds itself struck off at its next heartbeat, and can record no outcome for shops it no longer holds.
 * The one that takes over is alive, however long ago its last heartbeat was.
 * @returns how many shops were taken back.
 */
export async function takeOverFromDead({ db, runId, worker, deadAfterMs }: RunMember): Promise<number> {
  const dead = sql`now() - ${deadAfterMs}::float8 * interval '1 millisecond'`;
  const taken = await db.execute(sql`
    UPDATE expand_contract."MigrationOutcome" SET "outcome" = 'waiting', "retryAt" = now(), "claimedBy" = NULL, "code" = 'interrupted'
    WHERE "runId" = ${runId} AND "outcome" = 'claimed' AND "claimedBy" NOT IN (
      SELECT "id" FROM expand_contract."MigrationWorker" WHERE "runId" = ${runId} AND ("seenAt" >= ${dead} OR "id" = ${worker})
    )`);
  await db.execute(sql`
    DELETE FROM expand_contract."MigrationWorker" WHERE "runId" = ${runId} AND "seenAt" < ${dead} AND "id" <> ${worker}`);
  return taken;
}
