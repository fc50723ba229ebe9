import sql from "sql-template-tag";
import { setTimeout as sleep } from "node:timers/promises";
import type { Phase } from "../../infra/flags/phase.ts";
import { CALL_TIMEOUT_MS } from "../../tokens/index.ts";
import { beginWave, requestStop } from "./end-run.ts";
import { FlowNotReadyError, TokenKeysError } from "../errors.ts";
import { findRunningRun, insertRun, RUN_BEGUN } from "./insert-run.ts";
import { listLeftovers } from "./leftovers.ts";
import { fillTotal, planRun } from "./plan-run.ts";
import { findLatestRun, findRuns, readFailures, readRun } from "./read-run.ts";
import { createRunWorker, type RunWorker } from "../worker/run-worker.ts";
import type { WorkerDependencies } from "../worker/worker-dependencies.ts";
import type { Leftover, MigrationOptions, RunFailure, RunView } from "../types.ts";

export interface MigrationDependencies extends WorkerDependencies {
  phase: Phase;
  /** How often an idle instance looks for a run that wants a worker, beside being told of it; milliseconds, default 3,000. */
  pollMs?: number;
}

/** Calls in flight on close may take their whole time, and their answers be stored. Below the limit of the server's drain. */
const GRACE_MS = CALL_TIMEOUT_MS + 5_000;
/** A start answers with the total when it is counted so soon; a larger count comes later. */
const COUNT_PATIENCE_MS = 500;
const DATABASE_PATIENCE_MS = 15_000;
const WATCH_MS = 1_000;
const WAIT_POLL_MS = 200;

export type Migrations = ReturnType<typeof createMigrations>;

/**
 * The bulk migration of permanent tokens. One per process; any number of processes may share a database and work on one run
 * together.
 */
export function createMigrations(deps: MigrationDependencies) {
  const { db, log, deadAfterMs, pollMs = 3_000 } = deps;
  let worker: RunWorker | undefined;
  let joining: Promise<void> | undefined;
  let poll: NodeJS.Timeout | undefined;
  let isPolling = false;
  let isClosed = false;

  const announcements = db.listen?.(RUN_BEGUN, () => void lookForWork());

  const read = (id: string, failures?: "first" | "all" | "none") => readRun(db, id, failures, deadAfterMs);

  /** For those who watch: a database that restarts ends neither the run nor their view of it. */
  async function readPatiently(id: string, failures?: "first" | "none"): Promise<RunView | undefined> {
    const deadline = performance.now() + DATABASE_PATIENCE_MS;
    for (;;) {
      try {
        return await read(id, failures);
      } catch (error) {
        if (performance.now() > deadline || isClosed) throw error;
        await sleep(WAIT_POLL_MS);
      }
    }
  }

  /** Puts this instance to work on a run, unless it is. */
  function join(runId: string): Promise<void> {
    if (worker || isClosed) return Promise.resolve();
    joining ??= (async () => {
      const [run] = await db.query<{ options: MigrationOptions; total: number | null }[]>(sql`
        SELECT "options", "total" FROM expand_contract."MigrationRun" WHERE "id" = ${runId} AND "status" = 'running'`);
      if (!run || isClosed) return;
      if (run.total === null) void fillTotal(db, runId, run.options).catch(() => {});
      const mine = createRunWorker(deps, runId, run.options);
      worker = mine;
      void mine.done.then(({ struckOff }) => {
        if (worker !== mine) return;
        worker = undefined;
        // Should this fail, the next look for work finds the run.
        if (struckOff) void join(runId).catch(() => {});
      });
    })().finally(() => {
      joining = undefined;
    });
    return joining;
  }

  async function lookForWork(): Promise<void> {
    try {
      announcements?.connect();
      const id = worker ? undefined : await findRunningRun(db);
      if (id) await join(id);
    } catch (error) {
      log.debug({ reason: error instanceof Error ? error.name : "?" }, "could not look for a migration run");
    }
    clearTimeout(poll);
    if (isPolling) poll = setTimeout(() => void lookForWork(), pollMs);
    poll?.unref();
  }

  const looks = new Map<string, ReturnType<typeof readPatiently>>();
  /** One look serves all who watch a run from this process. */
  const look = (id: string) => {
    const looking = looks.get(id) ?? readPatiently(id);
    if (!looks.has(id)) {
      looks.set(id, looking);
      setTimeout(() => looks.delete(id), WATCH_MS / 2).unref();
    }
    return looking;
  };

  return {
    /**
     * Starts a run, or joins the one that is running: there are never two. Answers as soon as the run is stored; a dry run
     * is complete when this returns.
     * @throws FlowNotReadyError when token exchange is off; TokenKeysError when sealed tokens cannot be opened.
     */
    async start(options: MigrationOptions): Promise<{ run: RunView; joined: boolean }> {
      if (deps.phase === "legacy") throw new FlowNotReadyError();
      if (options.dryRun) return { run: (await read(await planRun(db, options)))!, joined: false };
      const problem = await deps.tokens.keyProblem?.();
      if (problem) throw new TokenKeysError(problem);
      const { id, joined } = await insertRun(db, options);
      if (!joined) {
        log.info({ run: id, options: { ...options, shops: options.shops?.length } }, "a migration run begins");
        const counted = fillTotal(db, id, options).catch(() => {});
        await Promise.race([counted, sleep(COUNT_PATIENCE_MS)]);
      }
      await join(id);
      return { run: (await read(id))!, joined };
    },
    /** One run, with its first 100 failures, none, or all. Undefined when there is no such run. */
    get: (id: string, options?: { failures?: "first" | "all" | "none" }) => read(id, options?.failures),
    /** The run that is at work, else the one started last. */
    async latest(): Promise<RunView | undefined> {
      const id = await findLatestRun(db);
      return id === undefined ? undefined : read(id);
    },
    /** The latest runs, the newest first, without their failures. */
    async list(limit: number): Promise<RunView[]> {
      const runs = await Promise.all((await findRuns(db, limit)).map((id) => read(id, "none")));
      return runs.filter((run) => run !== undefined);
    },
    /** Permanent rows that Shopify would not exchange, or that no run touches, with their reason; the first ones, by row. */
    leftovers: (limit: number): Promise<Leftover[]> => listLeftovers(db, limit),
    /** The word that a run waits for between two waves; harmless when it does not. Undefined when there is no such run. */
    async goOn(id: string): Promise<RunView | undefined> {
      await beginWave(db, id);
      return read(id);
    },
    /** Asks a run to stop after the calls in flight; harmless when it has ended. Undefined when there is no such run. */
    async requestStop(id: string): Promise<RunView | undefined> {
      await requestStop(db, id);
      await join(id);
      return read(id);
    },
    /** Waits until the run has ended, at most `seconds`, and returns it as it is then. */
    async waitFor(id: string, seconds: number, signal?: AbortSignal): Promise<RunView | undefined> {
      const deadline = performance.now() + seconds * 1_000;
      for (;;) {
        const run = await readPatiently(id, "none");
        const leftMs = deadline - performance.now();
        if (run?.status !== "running" || leftMs <= 0 || signal?.aborted || isClosed) return readPatiently(id);
        await sleep(Math.min(WAIT_POLL_MS, leftMs));
      }
    },
    /** The run now, again whenever it has changed (at most once a second), and once more when it has ended. */
    async *watch(id: string, signal?: AbortSignal): AsyncIterable<RunView> {
      let last: string | undefined;
      while (!signal?.aborted && !isClosed) {
        const run = await look(id);
        if (!run) return;
        const text = JSON.stringify(run);
        if (text !== last) yield run;
        last = text;
        if (run.status !== "running") return;
        await sleep(WATCH_MS, undefined, { signal }).catch(() => {});
      }
    },
    /** Every failure of a run, read in pages: memory does not grow with their number. */
    failures: (id: string): AsyncIterable<RunFailure> => readFailures(db, id),
    /** Looks for a run that wants a worker, now and once in `pollMs`, in the background: resumes after a restart, joins other instances. */
    startWorker(): void {
      if (isPolling || isClosed) return;
      isPolling = true;
      void lookForWork();
    },
    /** Takes no further shop, lets the calls in flight end, gives back what was claimed. The run goes on elsewhere. */
    async close(): Promise<void> {
      isClosed = true;
      isPolling = false;
      clearTimeout(poll);
      await announcements?.close();
      await joining;
      await worker?.leave(GRACE_MS);
    },
  };
}
