import sql from "sql-template-tag";
import type { Database } from "../../infra/database/database.ts";
import { countShopsToMigrate } from "./plan-run.ts";
import type { MigrationOptions } from "../types.ts";

/** Counts what a run is about, beside the work that has begun already: what is finished by then counts too. */
export async function fillTotal(db: Database, runId: string, options: MigrationOptions): Promise<void> {
  const found = options.shops?.length ?? (await countShopsToMigrate(db, options)).total;
  await db.execute(sql`
    UPDATE expand_contract."MigrationRun" SET "total" = least(${options.limit ?? 2_147_483_647}::int,
      ${found}::int + CASE WHEN ${options.shops === undefined}
        THEN (SELECT coalesce(sum("shops"), 0)::int FROM expand_contract."MigrationTally" WHERE "runId" = ${runId}) ELSE 0 END)
    WHERE "id" = ${runId} AND "total" IS NULL`);
}
