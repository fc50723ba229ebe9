import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const LOOK_EVERY_MS = 5;

/** What the server itself says of locks on tables, by pg_locks and pg_stat_activity. */
export interface LockFacts {
  /** The longest that a statement of the traffic was seen to wait for a lock on a table, and which lock. */
  readerMs: number;
  writerMs: number;
  /** Most statements of the traffic that waited for a lock at one time. */
  mostWaiting: number;
  /** The longest that the deployment was seen to hold a lock which keeps out writers (SHARE and above). */
  heldMs: number;
  looks: number;
}

export interface LockWatch {
  reset(): void;
  stop(): Promise<LockFacts>;
}

const WAITING = `
  SELECT a.application_name AS "who", count(*)::int AS "number",
    max(EXTRACT(EPOCH FROM clock_timestamp() - coalesce(l.waitstart, a.query_start)) * 1000)::float8 AS "ms"
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE NOT l.granted AND l.locktype = 'relation' AND a.application_name IN ('reader', 'writer') AND a.datname = current_database()
  GROUP BY 1`;
const HELD = `
  SELECT max(EXTRACT(EPOCH FROM clock_timestamp() - a.query_start) * 1000)::float8 AS "ms"
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.granted AND l.relation = to_regclass('"Session"') AND a.application_name LIKE 'expand-contract%' AND a.datname = current_database()
    AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`;

/** Looks at the server's locks every few milliseconds until it is stopped. */
export async function watchLocks(url: string): Promise<LockWatch> {
  const client = new pg.Client({ connectionString: url, application_name: "watch" });
  await client.connect();
  const none = (): LockFacts => ({ readerMs: 0, writerMs: 0, mostWaiting: 0, heldMs: 0, looks: 0 });
  let facts = none();
  let stopped = false;
  const looking = (async () => {
    while (!stopped) {
      const { rows } = await client.query<{ who: string; number: number; ms: number }>(WAITING);
      const waited = (who: string) => rows.find((row) => row.who === who)?.ms ?? 0;
      const { rows: held } = await client.query<{ ms: number | null }>(HELD);
      facts = {
        readerMs: Math.max(facts.readerMs, waited("reader")),
        writerMs: Math.max(facts.writerMs, waited("writer")),
        mostWaiting: Math.max(
          facts.mostWaiting,
          rows.reduce((sum, { number }) => sum + number, 0),
        ),
        heldMs: Math.max(facts.heldMs, held[0]?.ms ?? 0),
        looks: facts.looks + 1,
      };
      await sleep(LOOK_EVERY_MS);
    }
    await client.end();
  })();
  return {
    reset: () => void (facts = none()),
    stop: async () => {
      stopped = true;
      await looking;
      return facts;
    },
  };
}
