import { migrateSchema, type MigrateSchemaOptions } from "../app/schema/migrate-schema.ts";
import { SchemaError } from "../app/schema/schema-error.ts";

export interface MigrateDatabaseOptions {
  /** The connection string; undefined when the environment has none. */
  databaseUrl: string | undefined;
  /** Prints the SQL and changes nothing. */
  dryRun: boolean;
  sessions?: MigrateSchemaOptions["sessions"];
}

/** Brings a database up to date, and says in words what was done or what keeps it from being done. Returns the exit code. */
export async function migrateDatabase({ databaseUrl, dryRun, sessions }: MigrateDatabaseOptions): Promise<number> {
  if (!databaseUrl) {
    console.error(
      "DATABASE_URL is not set: a Postgres connection string, e.g. postgresql://user:password@host:5432/database",
    );
    return 2;
  }
  try {
    const made = await migrateSchema(databaseUrl, {
      dryRun,
      sessions,
      onStatement: (sql) => dryRun && console.log(sql),
      onWait: (step) => console.error(`${step}: waiting for a lock that other sessions hold …`),
    });
    if (!dryRun) console.log(made.length > 0 ? `Done: ${made.join(", ")}.` : "The database is up to date.");
    else if (made.length === 0) console.log("-- The database is up to date.");
    return 0;
  } catch (error) {
    console.error(
      error instanceof SchemaError ? error.message : `The database could not be brought up to date: ${wordsOf(error)}`,
    );
    return 1;
  }
}

/** A refused connection comes as an AggregateError without a message of its own. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(wordsOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
