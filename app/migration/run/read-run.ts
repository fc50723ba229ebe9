import sql from "sql-template-tag";
import type { Database } from "../../infra/database/database.ts";
import { wavesOf, type RunRow } from "./run-row.ts";
import type { RunFailure, RunView } from "../types.ts";

const FIRST_FAILURES = 100;
const FAILURE_PAGE = 1_000;
/** Outcomes an operator has to know of by name, worst first. */
const REPORTED = ["failed", "needs_reauthorization", "not_exchangeable", "suspended", "uninstalled"] as const;

/** The id of the run at work, else of the run started last. */
export async function findLatestRun(db: Database): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }[]>(sql`
    (SELECT "id" FROM expand_contract."MigrationRun" WHERE "status" = 'running')
    UNION ALL
    (SELECT "id" FROM expand_contract."MigrationRun" ORDER BY "startedAt" DESC LIMIT 1)
    LIMIT 1`);
  return row?.id;
}

/** The ids of the latest runs, the newest first. */
export async function findRuns(db: Database, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }[]>(sql`
    SELECT "id" FROM expand_contract."MigrationRun" ORDER BY "startedAt" DESC LIMIT ${limit}`);
  return rows.map(({ id }) => id);
}

/** Whether a run has ended with nothing left that could be migrated. */
export async function hasFinishedRun(db: Database): Promise<boolean> {
  const [row] = await db.query<[{ finished: boolean }]>(sql`
    SELECT EXISTS (SELECT FROM expand_contract."MigrationRun" WHERE "status" = 'completed' AND NOT "dryRun"
      AND coalesce("migratableTokens", "permanentTokens") = 0) AS "finished"`);
  return row.finished;
}

/** A run as operators see it: its row, its tallies, its workers; some milliseconds whatever its size. */
export async function readRun(
  db: Database,
  id: string,
  failures: "first" | "all" | "none" = "first",
  deadAfterMs = 10_000,
): Promise<RunView | undefined> {
  const [run] = await db.query<RunNow[]>(sql`
    SELECT r.*, greatest(0, extract(epoch FROM r."pausedUntil" - now()) * 1000)::float8 AS "pausedMs",
      greatest(0, extract(epoch FROM r."waveBeginsAt" - now()) * 1000)::float8 AS "waveWaitsMs",
      w."shops" AS "waiting", w."retryMs",
      (SELECT count(*)::int FROM expand_contract."MigrationWorker" w WHERE w."runId" = r."id"
        AND w."seenAt" >= now() - ${deadAfterMs}::float8 * interval '1 millisecond') AS "workers"
    FROM expand_contract."MigrationRun" r LEFT JOIN LATERAL (
      SELECT count(*)::int AS "shops", greatest(0, extract(epoch FROM min("retryAt") - now()) * 1000)::float8 AS "retryMs"
      FROM expand_contract."MigrationOutcome" WHERE "runId" = r."id" AND "outcome" = 'waiting' AND r."status" = 'running') w ON true
    WHERE r."id" = ${id}`);
  if (!run) return undefined;
  const tallies = await db.query<{ outcome: string; code: string; shops: number }[]>(sql`
    SELECT "outcome", "code", sum("shops")::int AS "shops" FROM expand_contract."MigrationTally" WHERE "runId" = ${id} GROUP BY 1, 2`);
  const listed: RunFailure[] = [];
  if (failures !== "none") {
    for await (const failure of readFailures(db, id)) {
      listed.push(failure);
      if (failures === "first" && listed.length === FIRST_FAILURES) break;
    }
  }
  return viewOf(run, tallies, listed);
}

/** Every failure of a run, worst kind first, then by shop, in pages. */
export async function* readFailures(db: Database, runId: string): AsyncGenerator<RunFailure> {
  for (const outcome of REPORTED) {
    for (let after: string | null = null; ;) {
      const page: RunFailure[] = await db.query<RunFailure[]>(sql`
        SELECT "shop", "outcome", coalesce("code", '') AS "code", coalesce("message", '') AS "message", "attempts", "retryable"
        FROM expand_contract."MigrationOutcome" WHERE "runId" = ${runId} AND "outcome" = ${outcome} AND (${after}::text IS NULL OR "shop" > ${after})
        ORDER BY "shop" LIMIT ${FAILURE_PAGE}`);
      yield* page;
      if (page.length < FAILURE_PAGE) break;
      after = page.at(-1)!.shop;
    }
  }
}

/** A run's row, and what it waits for at this moment. */
interface RunNow extends RunRow {
  workers: number;
  pausedMs: number | null;
  waveWaitsMs: number | null;
  /** Shops that wait to be tried again, and when the first of them is. */
  waiting: number;
  retryMs: number | null;
}

function viewOf(
  run: RunNow,
  tallies: { outcome: string; code: string; shops: number }[],
  failures: RunFailure[],
): RunView {
  const count = (...outcomes: string[]) =>
    tallies.filter((t) => outcomes.includes(t.outcome)).reduce((sum, t) => sum + t.shops, 0);
  const migrated = count("migrated");
  const failed = count("failed");
  const needsReauth = count("needs_reauthorization");
  const finished = tallies.reduce((sum, t) => sum + t.shops, 0);
  const skipped = finished - migrated - failed - needsReauth;
  const total = Math.max(run.total ?? 0, run.taken, finished);
  const remaining = total - finished;
  const running = run.status === "running";
  const rate = running || run.dryRun ? run.recentRate : perSecond(finished, run);
  const waves = wavesOf(run.options);
  return {
    id: run.id,
    status: run.status,
    dryRun: run.dryRun,
    startedAt: run.startedAt.toISOString(),
    finishedAt: run.finishedAt?.toISOString() ?? null,
    total,
    migrated,
    skipped,
    failed,
    needsReauth,
    remaining,
    permanentTokens: run.permanentTokens,
    migratableTokens: run.migratableTokens,
    legacyPrefixRows: run.legacyPrefixRows,
    ratePerSecond: Math.round(rate * 10) / 10,
    allowedRate: running && run.allowedRate !== null ? Math.round(run.allowedRate * 10) / 10 : null,
    etaSeconds: etaSeconds(run, remaining, rate),
    haltReason: run.haltReason,
    notice: running ? noticeOf(run, remaining) : null,
    wave: run.options.waves ? { number: run.wave + 1, of: waves.length, percent: waves[run.wave] ?? 100 } : null,
    workers: running ? run.workers : 0,
    failuresByCode: Object.fromEntries(
      tallies
        .filter((t) => (REPORTED as readonly string[]).includes(t.outcome))
        .sort((a, b) => b.shops - a.shops)
        .map((t) => [t.code || t.outcome, t.shops]),
    ),
    failures,
    ...(run.plan && { plan: run.plan }),
  };
}

function perSecond(finished: number, run: RunRow): number {
  if (!run.finishedAt) return 0;
  return finished / Math.max(0.001, (run.finishedAt.getTime() - run.startedAt.getTime()) / 1000);
}

function etaSeconds(run: RunRow, remaining: number, rate: number): number | null {
  if (run.status !== "running") return run.dryRun && rate > 0 ? Math.ceil(remaining / rate) : 0;
  if (remaining === 0) return 0;
  return rate > 0 ? Math.ceil(remaining / rate) : null;
}

/** Seconds above which a wave waits for a word, not for a time. */
const NO_TIME_SECONDS = 10 * 365 * 86_400;

/** What a run waits for, for people; the most important thing. */
function noticeOf(run: RunNow, remaining: number): string | null {
  const seconds = (ms: number | null) => Math.ceil((ms ?? 0) / 1_000);
  if (run.stopRequested) return "stopping after the calls in flight";
  if (run.workers === 0) return "no instance is at work; one takes over within seconds";
  const waitsFor = seconds(run.waveWaitsMs);
  if (waitsFor > NO_TIME_SECONDS) return `wave ${run.wave} is in order; the next one waits for your word (continue)`;
  if (waitsFor > 0) return `wave ${run.wave} is in order; the next one begins in ${waitsFor} s`;
  if (run.pausedMs) return `Shopify asked to wait: ${seconds(run.pausedMs)} s more`;
  if (run.notice) return run.notice;
  if (run.waiting === 0 || run.waiting < remaining) return null;
  return `${run.waiting} shop${run.waiting === 1 ? "" : "s"} left, to be tried again; the next in ${seconds(run.retryMs)} s`;
}
