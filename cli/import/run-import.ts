import type pg from "pg";
import type { Place } from "../../app/schema/own-schema.ts";
import { SchemaError } from "../../app/schema/schema-error.ts";
import { withConnection } from "../../app/schema/with-connection.ts";
import { many } from "../pluralize.ts";
import { OperatorError } from "../operator-error.ts";
import type { Paint } from "../paint.ts";
import { openMysql } from "./open-mysql.ts";
import { openRedis } from "./open-redis.ts";
import { openSqlite } from "./open-sqlite.ts";
import { BATCH, type SessionSource } from "./session-source.ts";
import { toSession, UnreadableRow, type ImportedSession } from "./to-session.ts";
import { writeSessions } from "./write-sessions.ts";

export interface ImportOptions {
  from: string;
  /** Of the source: a table, or the prefix of Redis keys. */
  table?: string;
  /** The table that they go to; `Session`, with the columns of the Prisma storage, unless told. */
  sessions?: Place["sessions"];
  dryRun: boolean;
  /** Of the Postgres database that the sessions go to. */
  databaseUrl: string | undefined;
  json: boolean;
  out: (line: string) => void;
  paint: Paint;
}

/** What an import did, or would do. No token and no id of an online session is in it. */
interface ImportReport {
  from: string;
  dryRun: boolean;
  read: number;
  /** Of those that were read. */
  permanent: number;
  expiring: number;
  online: number;
  inserted: number;
  updated: number;
  /** Rows of the database that are the same or newer. */
  kept: number;
  unreadable: { shop: string; reason: string }[];
}

const UNDEFINED_TABLE = "42P01";
const UNDEFINED_COLUMN = "42703";

/**
 * `import --from …`: copies the sessions of another storage into the table of sessions. Repeating it changes nothing, and a row that is newer here stays.
 * Returns the exit code: 0 everything was read, 1 some rows could not be. @throws OperatorError
 */
export async function runImport(options: ImportOptions): Promise<number> {
  const { databaseUrl, json, out } = options;
  if (!databaseUrl) {
    throw new OperatorError(
      "no_database",
      "DATABASE_URL is not set",
      "Set it to the Postgres database that the sessions go to: postgresql://user:password@host:5432/database",
    );
  }
  const source = await openSource(options.from, options.table);
  try {
    const report = await copy(source, databaseUrl, options);
    if (json) out(JSON.stringify(report));
    else describe(report, options);
    return report.unreadable.length === 0 ? 0 : 1;
  } finally {
    await source.close();
  }
}

function openSource(from: string, table?: string): Promise<SessionSource> {
  const scheme = /^[a-z0-9+.-]+(?=:)/i.exec(from)?.[0].toLowerCase();
  if (scheme === "file") return openSqlite(from, table);
  if (!URL.canParse(from)) throw badSource();
  if (scheme === "mysql" || scheme === "mariadb") return openMysql(from.replace(/^mariadb/i, "mysql"), table);
  if (scheme === "redis" || scheme === "rediss") return openRedis(from, table);
  throw badSource();
}

function badSource(): OperatorError {
  return new OperatorError(
    "bad_source",
    "--from is not an address that can be read",
    "Write file:dev.sqlite, mysql://user:password@host/database or redis://host:6379/0",
  );
}

async function copy(
  source: SessionSource,
  databaseUrl: string,
  { dryRun, sessions: table }: Pick<ImportOptions, "dryRun" | "sessions">,
): Promise<ImportReport> {
  const report: ImportReport = {
    from: source.name,
    dryRun,
    read: 0,
    permanent: 0,
    expiring: 0,
    online: 0,
    inserted: 0,
    updated: 0,
    kept: 0,
    unreadable: [],
  };
  await explained(() =>
    withConnection(
      databaseUrl,
      "expand-contract import",
      async (connection, place) => {
        for await (const rows of source.batches()) {
          const sessions = rows.flatMap((row) => readInto(report, row));
          for (const portion of portionsOf(sessions)) {
            const { inserted, updated } = await writeSessions(connection, place, portion, dryRun);
            report.inserted += inserted;
            report.updated += updated;
            report.kept += portion.length - inserted - updated;
          }
        }
      },
      table,
    ),
  );
  return report;
}

/** One statement may not write a row twice, and not every table of the other storages has a primary key. */
function portionsOf(sessions: readonly ImportedSession[]): ImportedSession[][] {
  const portions: Map<string, ImportedSession>[] = [];
  for (const session of sessions) {
    const last = portions.at(-1);
    if (!last || last.size === BATCH || last.has(session.id)) portions.push(new Map([[session.id, session]]));
    else last.set(session.id, session);
  }
  return portions.map((portion) => [...portion.values()]);
}

function readInto(report: ImportReport, row: Parameters<typeof toSession>[0] | Error): ImportedSession[] {
  try {
    if (row instanceof Error) throw row;
    const session = toSession(row);
    report.read += 1;
    report[session.isOnline ? "online" : session.refreshToken ? "expiring" : "permanent"] += 1;
    return [session];
  } catch (error) {
    if (!(error instanceof UnreadableRow)) throw error;
    const shop = row instanceof Error ? undefined : row.shop;
    report.unreadable.push({
      shop: typeof shop === "string" && shop ? shop : "a row without a shop",
      reason: error.message,
    });
    return [];
  }
}

/** Errors of Postgres by their message alone: their details quote rows, tokens included. */
async function explained(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    if (error instanceof SchemaError) throw new OperatorError(error.code, error.message, "Nothing was copied.");
    const { code, message } = error as pg.DatabaseError;
    const isStale = code === UNDEFINED_TABLE || code === UNDEFINED_COLUMN;
    throw new OperatorError(
      "database",
      `The database refused: ${message || code}`,
      isStale
        ? "Bring it up to date first: npm run db:deploy"
        : "What was copied before stays; the same command goes on from there.",
    );
  }
}

function describe(report: ImportReport, { out, paint }: ImportOptions): void {
  const { from, dryRun, read, permanent, expiring, online, inserted, updated, kept, unreadable } = report;
  const session = (count: number) => many(count, "session");
  out(`From ${from}${dryRun ? paint.attention("  (dry run: nothing is written)") : ""}`);
  out(`  read    ${session(read)}: ${permanent} permanent, ${expiring} expiring, ${online} online`);
  out(`  ${dryRun ? "would copy" : "copied"}  ${inserted} new, ${updated} newer than what was here`);
  out(`  kept    ${many(kept, "row")} of the database, the same or newer`);
  if (unreadable.length === 0) return;
  out(paint.bad(`  ${many(unreadable.length, "row")} could not be read:`));
  for (const { shop, reason } of unreadable) out(`    ${shop}: ${reason}`);
}
