import { setTimeout as sleep } from "node:timers/promises";
import { appliedSteps } from "./find-pending-step.ts";
import { OWN_SCHEMA, type Connection, type Place } from "./own-schema.ts";
import { SchemaError } from "./schema-error.ts";
import { inspectSession, planGrants, planIndexes, planSession } from "./session-table.ts";
import { withConnection } from "./with-connection.ts";
import { STEPS } from "./steps.ts";

/** Longest wait of one statement for a lock: everything behind it in the queue waits as well. */
const LOCK_TIMEOUT_MS = 200;
/** How long a step is tried again while others hold the lock. */
const LOCK_PATIENCE_MS = 60_000;
const LOCK_PAUSE_MS = 500;
/** Two deployments at a time make each step one after the other. Any number that nothing else uses. */
const DEPLOYMENT_LOCK = 4_919_027_114;

/** How long an index build of another deployment is waited for. */
const INDEX_PATIENCE_MS = 10 * 60_000;

/** The index is there by now; two concurrent builds wait for each other; the index to drop is gone. */
const BUILT_ELSEWHERE = new Set(["42P07", "40P01", "42704"]);
const LOCK_NOT_AVAILABLE = "55P03";
const INSUFFICIENT_PRIVILEGE = "42501";
const READ_ONLY = "25006";

export interface MigrateSchemaOptions {
  /** Prints the statements and runs none. */
  dryRun?: boolean;
  /** Told each statement before it runs (in a dry run: instead). */
  onStatement?: (sql: string) => void;
  /** Told when a lock could not be had and the step is tried again. */
  onWait?: (step: string) => void;
  /** The table of sessions where it is not `Session`, and whose columns it has. */
  sessions?: Place["sessions"];
  /** Milliseconds that a step is tried again while its lock is held by others. Default 60,000. */
  lockPatienceMs?: number;
}

/**
 * Brings a database up to date: our schema and its tables, the missing columns and indexes of `Session`. Needs no Prisma history and
 * writes none. Safe to repeat, to run twice at a time and to kill: each step is one transaction, and an index that was left invalid is
 * built again. No statement waits longer than 0.2 s for a lock, so traffic is never held up behind one.
 * @returns the names of the steps that were made; empty when everything was there.
 * @throws SchemaError in words; errors of pg when the database cannot be reached.
 */
export async function migrateSchema(databaseUrl: string, options: MigrateSchemaOptions = {}): Promise<string[]> {
  return withConnection(
    databaseUrl,
    "expand-contract deploy",
    (connection, place) => run(connection, place, options),
    options.sessions,
  );
}

async function run(connection: Connection, place: Place, options: MigrateSchemaOptions): Promise<string[]> {
  const made: string[] = [];
  const make = async (name: string, plan: () => Promise<string[]>) => {
    const done = options.dryRun ? await plan() : await inTransaction(connection, name, plan, options);
    if (options.dryRun) for (const sql of done) options.onStatement?.(`${sql};`);
    if (done.length > 0) made.push(name);
  };

  // First: what needs a person is said before anything is changed.
  await make("session", () => planSession(connection, place));
  await make("schema", async () => ((await appliedSteps(connection)) ? [] : OWN_SCHEMA_STATEMENTS));
  for (const step of STEPS) {
    await make(step.name, async () => {
      if ((await appliedSteps(connection))?.has(step.name)) return [];
      const record = `INSERT INTO ${OWN_SCHEMA}."SchemaStep" ("name") VALUES ('${step.name}')`;
      return [...(await step.plan(connection, place)), record];
    });
  }
  if (await makeIndexes(connection, place, options)) made.push("session-indexes");
  if (made.length > 0) await make("grants", () => planGrants(connection, place));
  return made;
}

const OWN_SCHEMA_STATEMENTS = [
  `CREATE SCHEMA IF NOT EXISTS ${OWN_SCHEMA}`,
  `CREATE TABLE IF NOT EXISTS ${OWN_SCHEMA}."SchemaStep" ("name" text PRIMARY KEY, "at" timestamptz(3) NOT NULL DEFAULT now())`,
];

/**
 * Concurrent builds outside of a transaction, as they must be; what is done to a partitioned table as a whole like any other step. A build
 * that another deployment has begun is waited for.
 */
async function makeIndexes(connection: Connection, place: Place, options: MigrateSchemaOptions): Promise<boolean> {
  const { kind } = await inspectSession(connection, place);
  if (kind === "view" || (kind === "missing" && !options.dryRun)) return false;
  const deadline = performance.now() + INDEX_PATIENCE_MS;
  let made = false;
  for (;;) {
    while ((await isBuildingIndex(connection)) && performance.now() < deadline) await sleep(LOCK_PAUSE_MS);
    const statements = await planIndexes(connection, place);
    if (options.dryRun) for (const sql of statements) options.onStatement?.(`${sql};`);
    if (statements.length === 0 || options.dryRun) return made || statements.length > 0;
    try {
      for (const sql of statements) {
        if (sql.includes(" CONCURRENTLY ")) {
          options.onStatement?.(sql);
          await inWords(sql, () => connection.query(sql));
        } else await inTransaction(connection, "session-indexes", async () => [sql], options);
        made = true;
      }
      return made;
    } catch (error) {
      // Another deployment builds the same: wait for it, and look again.
      if (!BUILT_ELSEWHERE.has(codeOf(error)) || performance.now() > deadline) throw error;
      await sleep(LOCK_PAUSE_MS * Math.random());
    }
  }
}

async function isBuildingIndex(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query<{ builds: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE datname = current_database()) AS builds`,
  );
  return rows[0]?.builds === true;
}

async function inTransaction(
  connection: Connection,
  step: string,
  plan: () => Promise<string[]>,
  { onStatement, onWait, lockPatienceMs = LOCK_PATIENCE_MS }: MigrateSchemaOptions,
): Promise<string[]> {
  const deadline = performance.now() + lockPatienceMs;
  for (;;) {
    await connection.query("BEGIN");
    try {
      await connection.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      await connection.query("SELECT pg_advisory_xact_lock($1)", [DEPLOYMENT_LOCK]);
      const statements = await plan();
      for (const sql of statements) {
        onStatement?.(sql);
        await inWords(sql, () => connection.query(sql));
      }
      await connection.query("COMMIT");
      return statements;
    } catch (error) {
      await connection.query("ROLLBACK").catch(() => {});
      if (codeOf(error) !== LOCK_NOT_AVAILABLE) throw error;
      if (performance.now() > deadline) {
        throw new SchemaError(
          "lock_not_available",
          `Step ${step}: other sessions hold a lock on the table for longer than ${Math.round(lockPatienceMs / 1_000)} s (a long transaction, a dump, VACUUM FULL). ` +
            "Nothing of this step was changed; run the command again when they are done. This shows them: SELECT pid, state, query FROM pg_stat_activity WHERE state <> 'idle'",
          { cause: error },
        );
      }
      onWait?.(step);
      await sleep(LOCK_PAUSE_MS * (1 + Math.random()));
    }
  }
}

/** Says which right is missing for which statement. */
async function inWords(sql: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const code = codeOf(error);
    if (code === INSUFFICIENT_PRIVILEGE) {
      throw new SchemaError(
        "insufficient_privilege",
        `The role of DATABASE_URL may not do this: ${(error as Error).message}. Let the owner of the table run it, or deploy as the owner:\n${sql}`,
        { cause: error },
      );
    }
    if (code === READ_ONLY) {
      throw new SchemaError("read_only", "This database is read-only (a standby?): point DATABASE_URL at the primary", {
        cause: error,
      });
    }
    throw error;
  }
}

/** SQLSTATE, or what Node calls it. */
function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}
