import { type Command, Option } from "commander";
import type { Place } from "../app/schema/own-schema.ts";
import { EXIT } from "./commands.ts";
import { sayError } from "./operator-error.ts";
import { harmlessJson, harmlessLines, paintFor, PLAIN, type Paint } from "./paint.ts";
import { runImport } from "./import/run-import.ts";
import { readSourceAddress } from "./import/source-address.ts";
import { runScan } from "./scan/run-scan.ts";

interface Local {
  json: boolean;
  out: (line: string) => void;
  paint: Paint;
}

interface ImportFlags {
  json: boolean;
  from?: string;
  table?: string;
  sessions?: string;
  layout?: "prisma" | "postgresql";
  dryRun: boolean;
}

/** The table that two options name. */
export function namedSessions(name?: string, layout?: "prisma" | "postgresql"): NonNullable<Place["sessions"]> {
  const table = name ?? (layout === "postgresql" ? "shopify_sessions" : "Session");
  return { name: table, layout: layout ?? (table === "shopify_sessions" ? "postgresql" : "prisma") };
}

/** The commands that ask no app: they work on this machine, and need no secret of an operator. */
export function addLocalCommands(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command("scan [folder]")
    .description("look through an app's sources for what breaks with expiring tokens, and say what to write instead")
    .option("--ignore <paths...>", "folders or files to leave out, relative to the folder", [])
    .option("--json", "write one JSON object for machines", false)
    .addHelpText(
      "after",
      "\nReads TypeScript and JavaScript, tests left out. Exit codes: 0 nothing found, 1 something, 2 it could not be read.",
    )
    .action((folder: string | undefined, { json, ignore }: { json: boolean; ignore: string[] }) =>
      perform(json, (local) => runScan(folder ?? ".", { ...local, ignore })),
    );
  program
    .command("import")
    .description("copy the sessions of another storage into the Postgres database of DATABASE_URL")
    .option(
      "--from <address>",
      "file:dev.sqlite, mysql://user:password@host/database or redis://host:6379/0; - for standard input (default: IMPORT_FROM)",
    )
    .option(
      "--table <name>",
      "of the other storage: its table, or the prefix of its keys in Redis (default: as Shopify's storages call it)",
    )
    .option("--sessions <table>", "of DATABASE_URL: the table of sessions (default: Session)")
    .addOption(
      new Option("--layout <storage>", "whose columns it has (default: postgresql for shopify_sessions)").choices([
        "prisma",
        "postgresql",
      ]),
    )
    .option("--dry-run", "say what would be copied; write nothing", false)
    .option("--json", "write one JSON object for machines", false)
    .addHelpText(
      "after",
      `
An address with a password belongs into IMPORT_FROM or on standard input: arguments can be read by everybody on the machine.
The other storage is only read. Repeating it changes nothing: a row that is the same or newer here stays. No token is printed.
MySQL needs the package mysql2 beside it, Redis the package redis.
Exit codes: 0 everything was read, 1 some rows could not be, 2 it could not be done.`,
    )
    .action(({ json, from, sessions, layout, ...options }: ImportFlags) =>
      perform(json, async (local) =>
        runImport({
          ...local,
          ...options,
          from: await readSourceAddress(from, env, process.stdin),
          sessions: namedSessions(sessions, layout),
          databaseUrl: env["DATABASE_URL"],
        }),
      ),
    );
}

/** Runs a command, and says its errors with their remedy. What it prints of others' text cannot steer the terminal. */
async function perform(json: boolean, action: (local: Local) => Promise<number>): Promise<void> {
  const { stdout, stderr } = process;
  const [paint, aside] = [paintFor(stdout), paintFor(stderr)];
  const out = (line: string) =>
    void stdout.write(`${json ? harmlessJson(line) : harmlessLines(line, { coloured: paint !== PLAIN })}\n`);
  const note = (line: string) => void stderr.write(`${harmlessLines(line, { coloured: aside !== PLAIN })}\n`);
  try {
    process.exitCode = await action({ json, out, paint });
  } catch (error) {
    process.exitCode = EXIT.failed;
    sayError(error, { json, out, note, paint: aside });
  }
}
