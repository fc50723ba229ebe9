import type { Database } from "../infra/database/database.ts";
import { JOBS_SCHEMA } from "../schema/own-schema.ts";

/** What the queue's tables say of background work, whichever process does it. */
export interface JobFacts {
  deadLetters: number;
  /** When each scheduled job was last done, in milliseconds since the epoch; when it was first scheduled while it never was. */
  lastDone: Record<string, number>;
}

const MADE = `SELECT to_regclass('${JOBS_SCHEMA}.schedule') IS NOT NULL AS "yes"`;

const FACTS = `
  SELECT s."name", extract(epoch FROM coalesce(
      (SELECT max(j."completed_on") FROM ${JOBS_SCHEMA}.job j WHERE j."name" = s."name" AND j."state" = 'completed'),
      s."created_on"))::float8 * 1000 AS "at"
  FROM ${JOBS_SCHEMA}.schedule s`;

const DEAD_LETTERS = `
  SELECT count(*)::int AS "count" FROM ${JOBS_SCHEMA}.job WHERE "name" = 'dead-letters' AND "state" < 'active'`;

/** Nothing is known where no process has ever run background work. */
export async function readJobTimes(db: Database): Promise<JobFacts> {
  const [made] = await db.query<[{ yes: boolean }]>({ text: MADE, values: [] });
  if (!made.yes) return { deadLetters: 0, lastDone: {} };
  const [schedules, [dead]] = await Promise.all([
    db.query<{ name: string; at: number }[]>({ text: FACTS, values: [] }),
    db.query<[{ count: number }]>({ text: DEAD_LETTERS, values: [] }),
  ]);
  return { deadLetters: dead.count, lastDone: Object.fromEntries(schedules.map(({ name, at }) => [name, at])) };
}
