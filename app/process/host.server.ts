import { setTimeout as sleep } from "node:timers/promises";
import { refuseFirstContractStart, StartRefusedError } from "./first-contract-start.server.ts";
import { findDatabaseProblem } from "../infra/database/db-pool.ts";
import { services } from "../services.server.ts";
import { notReadyBecause } from "./readiness.ts";

const JOBS_RETRY_MS = 5_000;
const KEY_RETRY_MS = 60_000;

/**
 * Background work and migration runs begin as soon as the database answers and the keys for its tokens are the right ones; requests do
 * not wait for it. A process with a wrong key leaves that work to the others.
 */
async function startBackgroundWork(): Promise<void> {
  const { tokens, migrations, env, jobs, log, stopping } = services;
  while (!stopping.aborted) {
    try {
      const problem = await tokens.keyProblem();
      if (problem?.isBlocking) {
        log.error({ problem: problem.what, remedy: problem.remedy }, "no background work in this process");
        await sleep(KEY_RETRY_MS, undefined, { signal: stopping }).catch(() => {});
        continue;
      }
      migrations.startWorker();
      void adoptUnstored();
      if (env.RUN_JOBS) await jobs.start();
      return;
    } catch (error) {
      if (stopping.aborted) return;
      log.warn({ err: error, retryMs: JOBS_RETRY_MS }, "background jobs cannot start yet");
      await sleep(JOBS_RETRY_MS, undefined, { signal: stopping }).catch(() => {});
    }
  }
}

/** Pairs that an earlier process could not store; the schedule of background jobs repeats it. */
async function adoptUnstored(): Promise<void> {
  const { tokens, log } = services;
  try {
    const adopted = await tokens.adoptUnstored();
    if (adopted > 0) log.info({ adopted }, "pairs of the emergency record are stored");
  } catch (error) {
    log.warn({ err: error }, "the emergency record could not be looked at");
  }
}

/** What the HTTP server around the app is given by it. */
export const host = {
  env: services.env,
  log: services.log,
  metrics: services.metrics,
  /**
   * What must hold before the first request, and what runs beside them.
   * @throws StartRefusedError with the remedy.
   */
  async start(): Promise<void> {
    const problem = await findDatabaseProblem(services.env.DATABASE_URL);
    if (problem) throw new StartRefusedError(problem);
    await refuseFirstContractStart(services);
    void startBackgroundWork();
  },
  /** Why requests should go elsewhere now, or undefined when all is well. */
  notReadyBecause: () => notReadyBecause(services),
  /** Ends background work, streams and waits; requests may still need the database. */
  beginStop(): void {
    services
      .beginStop()
      .catch((error: unknown) => services.log.error({ err: error }, "background work did not end well"));
  },
  /** Waits for that, then closes the database. */
  stop: services.stop,
};
export type AppHost = typeof host;
