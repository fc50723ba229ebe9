import { readFile } from "node:fs/promises";
import type { World } from "../benchmarks/races/world.ts";

/** What must not grow without bound; one reading. */
export interface Reading {
  /** Seconds since the beginning. */
  at: number;
  /** Resident memory of each process, in MB; NaN where the system does not say. */
  memoryMb: number[];
  /** Connections of the app to Postgres. */
  connections: number;
  events: number;
  waitingJobs: number;
  finishedJobs: number;
  parkedJobs: number;
  deadLetters: number;
  /** Rows of the app's other tables, together. */
  otherRows: number;
  /** Size of the database. */
  databaseMb: number;
  /** Days that the chain nearest to its end has left. */
  leastDaysLeft: number;
}

/** All but those that are measured by themselves; at most a few rows for each shop. */
const OTHER_TABLES = [
  `"Session"`,
  ...[
    "ShopToken",
    "Shop",
    "UnstoredPair",
    "MigrationRun",
    "MigrationWorker",
    "MigrationOutcome",
    "MigrationTally",
    "ContractStart",
    "ContractLeftover",
    "WatchState",
    "TokenKey",
  ].map((name) => `expand_contract."${name}"`),
];

export async function measure(world: World, startedAt: number): Promise<Reading> {
  const memoryMb = await Promise.all(
    world.processes.map(async ({ pid }) => {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1_024;
    }),
  );
  const [row] = await world.query<Omit<Reading, "at" | "memoryMb">>(
    `SELECT (SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'expand-contract%') AS connections,
       (SELECT count(*)::int FROM expand_contract."TokenEvent") AS events,
       (SELECT count(*)::int FROM expand_contract_jobs.job WHERE state < 'completed' AND name <> 'dead-letters') AS "waitingJobs",
       (SELECT count(*)::int FROM expand_contract_jobs.job WHERE state >= 'completed') AS "finishedJobs",
       (SELECT count(*)::int FROM expand_contract."ParkedJob") AS "parkedJobs",
       (SELECT count(*)::int FROM expand_contract_jobs.job WHERE state < 'active' AND name = 'dead-letters') AS "deadLetters",
       ${OTHER_TABLES.map((name) => `(SELECT count(*)::int FROM ${name})`).join(" + ")} AS "otherRows",
       round(pg_database_size(current_database()) / 1048576.0)::int AS "databaseMb",
       (SELECT extract(epoch FROM min("refreshTokenExpires") - (now() AT TIME ZONE 'UTC'))::float8 / 86400 FROM "Session") AS "leastDaysLeft"`,
  );
  return { at: (performance.now() - startedAt) / 1_000, memoryMb, ...row! };
}
