import sql from "sql-template-tag";
import { randomUUID } from "node:crypto";
import type { Database } from "../../infra/database/database.ts";
import { storedOptions } from "./run-row.ts";
import type { MigrationOptions } from "../types.ts";

/** Where Postgres tells all instances that a run has begun. */
export const RUN_BEGUN = "expand_contract_run_begun";

/**
 * Stores a new run as running, unless one is running: the database decides (unique index `MigrationRun_running_key`), so two
 * requests on two instances can never start two. The others are told of it.
 */
export async function insertRun(db: Database, options: MigrationOptions): Promise<{ id: string; joined: boolean }> {
  for (;;) {
    const [inserted] = await db.query<{ id: string }[]>(sql`
      WITH inserted AS (
        INSERT INTO expand_contract."MigrationRun" ("id", "status", "options")
        VALUES (${randomUUID()}, 'running', ${JSON.stringify(storedOptions(options))}::jsonb)
        ON CONFLICT DO NOTHING RETURNING "id"
      )
      SELECT "id", pg_notify(${RUN_BEGUN}, '')::text FROM inserted`);
    if (inserted) return { id: inserted.id, joined: false };
    const running = await findRunningRun(db);
    if (running) return { id: running, joined: true };
    // It ended in between: try again.
  }
}

/** The id of the run that is at work. */
export async function findRunningRun(db: Database): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }[]>(
    sql`SELECT "id" FROM expand_contract."MigrationRun" WHERE "status" = 'running'`,
  );
  return row?.id;
}
