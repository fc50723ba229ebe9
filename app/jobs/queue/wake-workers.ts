import { setTimeout as sleep } from "node:timers/promises";
import type { PgBoss } from "pg-boss";
import type { Logger } from "../../infra/log/log.server.ts";
import { JOBS_SCHEMA } from "../../schema/own-schema.ts";

/** Seconds after which a worker looks by itself, should the look of this file have failed. */
export const WORKER_POLL_SECONDS = 60;

/** Queues with a job that is due. By pg-boss's index on name, state, blocked and start_after: it reads one entry for each queue. */
const DUE_QUEUES = `
  SELECT q.name FROM unnest($1::text[]) AS q(name) WHERE EXISTS (
    SELECT FROM ${JOBS_SCHEMA}.job j WHERE j.name = q.name AND j.state IN ('created', 'retry') AND NOT j.blocked AND j.start_after <= now())`;

export interface WorkerWaker {
  stop(): Promise<void>;
}

/**
 * Looks for jobs that are due, in all queues with one statement, and wakes the workers of those that have some. A worker of pg-boss that
 * polls its own queue costs a transaction each time, and there are as many queues as kinds of jobs. (LISTEN/NOTIFY costs none, but does
 * not pass a pooler, and says nothing of jobs that become due later; where there is one, looks are few.)
 * @param workers id of the worker of each queue.
 * @param everyMs milliseconds until the next look.
 */
export function startWaker(
  boss: PgBoss,
  workers: ReadonlyMap<string, string>,
  { everyMs, log }: { everyMs: () => number; log: Logger },
): WorkerWaker {
  const stopping = new AbortController();
  const names = [...workers.keys()];

  async function look(): Promise<void> {
    const { rows } = (await boss.getDb().executeSql(DUE_QUEUES, [names])) as { rows: { name: string }[] };
    for (const { name } of rows) boss.notifyWorker(workers.get(name)!);
  }

  async function keepLooking(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) => log.debug({ err: error }, "could not look for jobs that are due"));
      await sleep(everyMs(), undefined, { signal: stopping.signal }).catch(() => {});
    }
  }
  const looking = keepLooking();

  return {
    async stop() {
      stopping.abort();
      await looking;
    },
  };
}
