#!/usr/bin/env node
/** `npx expand-contract`: the operator's commands, over HTTP, and what brings the database up to date. */
import { Command, CommanderError, Option } from "commander";
import { EXIT } from "../../../cli/commands.ts";
import { createProgram } from "../../../cli/create-program.ts";
import { namedSessions } from "../../../cli/local-commands.ts";
import { migrateDatabase } from "../../../cli/migrate-database.ts";

// `… | head` closes the pipe before everything is written.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(141);
    throw error;
  });
}

interface MigrateFlags {
  dryRun?: boolean;
  url?: string;
  sessions?: string;
  layout?: "prisma" | "postgresql";
}

const db = new Command("db").description("the database that holds the sessions").exitOverride();
db.command("migrate")
  .description("bring our schema and the columns of the sessions' table up to date; safe to repeat")
  .option("--dry-run", "print the SQL; change nothing")
  .option("--url <database>", "the connection string (default: DATABASE_URL); ?schema= says where the tables are")
  .option("--sessions <table>", "the table of sessions (default: Session)")
  .addOption(
    new Option("--layout <storage>", "whose columns it has (default: postgresql for shopify_sessions)").choices([
      "prisma",
      "postgresql",
    ]),
  )
  .action(async ({ dryRun, url, sessions, layout }: MigrateFlags) => {
    process.exitCode = await migrateDatabase({
      sessions: namedSessions(sessions, layout),
      databaseUrl: url ?? process.env.DATABASE_URL,
      dryRun: dryRun === true,
    });
  });

try {
  await createProgram(process.env, "expand-contract").addCommand(db).parseAsync();
} catch (error) {
  // Commander has said what is wrong.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.failed;
}
