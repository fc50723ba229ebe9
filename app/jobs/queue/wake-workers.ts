import { setTimeout as sleep } from "node:timers/promises";
import type { PgBoss } from "pg-boss";
import type { Logger } from "../../infra/log/log.server.ts";
import { JOBS_SCHEMA } from "../../schema/own-schema.ts";

/** Seconds after which a worker looks by itself, should the look of this file have failed. */
export const WORKER_POLL_SECONDS = 60;

/**
 * When the first waiting job of each queue is due. By pg-boss's index on name, state, blocked and start_after: two entries are read for each
 * queue, however many jobs wait.
 */
const FIRST_DUE = `
  SELECT q.name, (extract(epoch FROM min(j.start_after) - now()) * 1000)::float8 AS "inMs"
  FROM unnest($1::text[]) AS q(name), unnest(ARRAY['created', 'retry']::${JOBS_SCHEMA}.job_state[]) AS s(state), LATERAL (
    SELECT start_after FROM ${JOBS_SCHEMA}.job WHERE name = q.name AND state = s.state AND NOT blocked ORDER BY start_after LIMIT 1) AS j
  GROUP BY q.name`;

/** A look is not repeated sooner than this; milliseconds. */
const LEAST_MS = 50;
/** Behind a job that is due another may come due, which a look does not see; milliseconds. */
const AFTER_DUE_MS = 250;

export type WorkerWaker = ReturnType<typeof startWaker>;

/**
 * Looks for jobs that are due, in all queues with one statement, and wakes the workers of those that have some. A worker of pg-boss that
 * polls its own queue costs a transaction each time, and there are as many queues as kinds of jobs. (LISTEN/NOTIFY costs none, but does
 * not pass a pooler, and says nothing of jobs that become due later; where there is one, looks are few.)
 * @param workers id of the worker of each queue.
 * @param everyMs milliseconds until the next look; sooner where a job is due sooner.
 */
export function startWaker(
  boss: PgBoss,
  workers: ReadonlyMap<string, string>,
  { everyMs, log }: { everyMs: () => number; log: Logger },
) {
  const stopping = new AbortController();
  const names = [...workers.keys()];

  /** @returns milliseconds until a job may be due. */
  async function look(): Promise<number> {
    const { rows } = (await boss.getDb().executeSql(FIRST_DUE, [names])) as { rows: { name: string; inMs: number }[] };
    for (const { name, inMs } of rows) if (inMs <= 0) boss.notifyWorker(workers.get(name)!);
    return Math.min(Infinity, ...rows.map(({ inMs }) => (inMs > 0 ? inMs : AFTER_DUE_MS)));
  }

  async function keepLooking(): Promise<void> {
    while (!stopping.signal.aborted) {
      const dueInMs = await look().catch((error: unknown) => {
        log.debug({ err: error }, "could not look for jobs that are due");
        return Infinity;
      });
      await sleep(Math.max(LEAST_MS, Math.min(everyMs(), dueInMs)), undefined, { signal: stopping.signal }).catch(
        () => {},
      );
    }
  }
  const looking = keepLooking();

  return {
    async stop(): Promise<void> {
      stopping.abort();
      await looking;
    },
  };
}
