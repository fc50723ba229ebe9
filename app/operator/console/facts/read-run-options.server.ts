import sql from "sql-template-tag";
import type { Database } from "../../../infra/database/database.ts";
import type { MigrationOptions } from "../../../migration/index.ts";

/** What a run was asked. */
export type RunOptions = Omit<MigrationOptions, "waitSeconds" | "dryRun">;

const ID = /^[\w-]{1,64}$/;

/** The options that a run was started with; undefined when there is no such run. */
export async function readRunOptions(db: Database, id: string): Promise<RunOptions | undefined> {
  if (!isRunId(id)) return undefined;
  const [row] = await db.query<{ options: RunOptions }[]>(sql`
    SELECT "options" FROM expand_contract."MigrationRun" WHERE "id" = ${id}`);
  return row?.options;
}

/** Whether a text can be a run's id. */
export function isRunId(id: string | undefined | null): id is string {
  return ID.test(id ?? "");
}
