/** `npm run db:deploy`: brings the database of DATABASE_URL up to date, whatever its history is. `-- --dry-run` prints the SQL and changes nothing. */
import { parseArgs } from "node:util";
import { migrateDatabase } from "./migrate-database.ts";

const { values } = parseArgs({ options: { "dry-run": { type: "boolean" }, help: { type: "boolean", short: "h" } } });

if (values.help) {
  console.log(
    "Usage: npm run db:deploy [-- --dry-run]\n\nBrings the database of DATABASE_URL up to date. --dry-run prints the SQL instead.",
  );
} else {
  process.exitCode = await migrateDatabase({
    databaseUrl: process.env.DATABASE_URL,
    dryRun: values["dry-run"] === true,
  });
}
