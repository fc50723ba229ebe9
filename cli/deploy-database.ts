/** `npm run db:deploy`: brings the database of DATABASE_URL up to date, whatever its history is. `-- --dry-run` prints the SQL and changes nothing. */
import { parseArgs } from "node:util";
import { migrateSchema } from "../app/schema/migrate-schema.ts";
import { SchemaError } from "../app/schema/schema-error.ts";

const { values } = parseArgs({ options: { "dry-run": { type: "boolean" }, help: { type: "boolean", short: "h" } } });
const dryRun = values["dry-run"] === true;

if (values.help) {
  console.log(
    "Usage: npm run db:deploy [-- --dry-run]\n\nBrings the database of DATABASE_URL up to date. --dry-run prints the SQL instead.",
  );
} else if (!process.env.DATABASE_URL) {
  console.error(
    "DATABASE_URL is not set: a Postgres connection string, e.g. postgresql://user:password@host:5432/database",
  );
  process.exitCode = 2;
} else {
  try {
    const made = await migrateSchema(process.env.DATABASE_URL, {
      dryRun,
      onStatement: (sql) => dryRun && console.log(sql),
      onWait: (step) => console.error(`${step}: waiting for a lock that other sessions hold …`),
    });
    if (!dryRun) console.log(made.length > 0 ? `Done: ${made.join(", ")}.` : "The database is up to date.");
    else if (made.length === 0) console.log("-- The database is up to date.");
  } catch (error) {
    console.error(
      error instanceof SchemaError ? error.message : `The database could not be brought up to date: ${wordsOf(error)}`,
    );
    process.exitCode = 1;
  }
}

/** A refused connection comes as an AggregateError without a message of its own. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(wordsOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
