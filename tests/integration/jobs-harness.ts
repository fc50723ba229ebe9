import type { TestDatabase } from "../support/postgres.ts";

/** Every row of every table that background work uses, as text: to look for what must not be there. */
export async function everythingStoredByJobs(database: TestDatabase): Promise<string> {
  const tables = await database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname = 'expand_contract_jobs' OR tablename IN ('ParkedJob', 'Shop')`,
  );
  const rows = await Promise.all(tables.map(({ name }) => database.query(`SELECT t::text FROM ${name} t`)));
  return JSON.stringify(rows);
}

/** Waits shortened, everything else as in production. */
export const QUICK_TIMES = {
  transientFirstMs: 40,
  transientLongestMs: 200,
  suspendedMs: 200,
  failureFirstSeconds: 0,
  failureRetries: 1,
  lookMs: 100,
  lookWhileToldMs: 100,
};
