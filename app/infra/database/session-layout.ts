import sql, { type Sql } from "sql-template-tag";
import type { Database, Queryable, Statement } from "./queryable.ts";
import { quoteIdent, quoteText } from "./quote.ts";

type TimeColumn = "expires" | "refreshTokenExpires";

/** How the adopter's table of sessions keeps times. Everything else is the same in every layout. */
export interface SessionLayout {
  readonly name: "prisma" | "postgresql";
  /** SQL: milliseconds since the epoch. @param column with the row's name, e.g. `s."expires"`. */
  msOf(column: string): string;
  /** SQL: what is stored for a moment, which is a timestamptz. */
  stored(column: TimeColumn, moment: Sql): Sql;
  /** SQL: the type of the column of refresh tokens' ends, to read back what was read as text. */
  readonly endsType: "timestamp" | "bigint";
}

/** @shopify/shopify-app-session-storage-prisma: `timestamp(3)` in UTC. */
export const PRISMA_LAYOUT: SessionLayout = {
  name: "prisma",
  msOf: (column) => `(EXTRACT(EPOCH FROM ${column}) * 1000)::float8`,
  stored: (_column, moment) => sql`${moment} AT TIME ZONE 'UTC'`,
  endsType: "timestamp",
};

/** @shopify/shopify-app-session-storage-postgresql 8: `expires` in whole seconds, `refreshTokenExpires` in milliseconds. */
const POSTGRESQL_LAYOUT: SessionLayout = {
  name: "postgresql",
  msOf: (column) => (column.endsWith('"expires"') ? `(${column}::float8 * 1000)` : `${column}::float8`),
  stored: (column, moment) =>
    column === "expires"
      ? sql`floor(EXTRACT(EPOCH FROM ${moment}))::integer`
      : sql`floor(EXTRACT(EPOCH FROM ${moment}) * 1000)::bigint`,
  endsType: "bigint",
};

export function sessionLayout({ layout }: Pick<SessionTable, "layout">): SessionLayout {
  return layout === "postgresql" ? POSTGRESQL_LAYOUT : PRISMA_LAYOUT;
}

/** Which table holds the sessions. */
export interface SessionTable {
  /** Its name, as it is in the database; `Session` or `shopify_sessions` unless told, by layout. */
  name?: string;
  /** Its schema; wherever the search path finds it unless told. */
  schema?: string;
  /** Whose columns it has. `postgresql` unless told where `database` is a pool of `pg`, else `prisma`. */
  layout?: "prisma" | "postgresql";
}

/** The table's name as SQL says it. */
export function quotedTable({ name, schema, layout }: SessionTable): string {
  const table = name ?? (layout === "postgresql" ? "shopify_sessions" : "Session");
  return schema === undefined ? quoteIdent(table) : `${quoteIdent(schema)}.${quoteIdent(table)}`;
}

const OWN = '"Session"';

/** A database whose statements find their `"Session"` in another table. */
export function withSessionTable(db: Database, table: string): Database {
  if (table === OWN) return db;
  const texts = new Map<string, string>();
  // In a text of SQL, as to_regclass takes it.
  const literal = quoteText(table);
  const rename = ({ text, values }: Statement): Statement => {
    let renamed = texts.get(text);
    if (renamed === undefined) {
      renamed = text.replaceAll(/'"Session"'|"Session"/g, (found) => (found === OWN ? table : literal));
      texts.set(text, renamed);
    }
    return { text: renamed, values: values.map(renameValue) };
  };
  // Names that are looked up in the catalogue are values.
  const renameValue = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(renameValue) : value === OWN ? table : value;
  const renaming = (queryable: Queryable): Queryable => ({
    query: (statement) => queryable.query(rename(statement)),
    execute: (statement) => queryable.execute(rename(statement)),
  });
  return {
    ...renaming(db),
    transaction: (work, options) => db.transaction((transaction) => work(renaming(transaction)), options),
  };
}
