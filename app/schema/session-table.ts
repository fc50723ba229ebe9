import { quoteIdent, quoteText } from "../infra/database/quote.ts";
import { SESSION_TABLES, TELLTALE_COLUMNS, type FoundSessionTable } from "../infra/database/session-tables.ts";
import { OWN_SCHEMA, type Connection, type Place } from "./own-schema.ts";
import { SchemaError } from "./schema-error.ts";
import { SESSION_INDEXES, SUPERSEDED_INDEXES } from "./steps.ts";

/** The columns of @shopify/shopify-app-session-storage-prisma 11, in its README's order. */
const COLUMNS: { name: string; type: string; needed?: string }[] = [
  { name: "id", type: "text", needed: "PRIMARY KEY" },
  { name: "shop", type: "text", needed: "NOT NULL" },
  { name: "state", type: "text", needed: "NOT NULL" },
  { name: "isOnline", type: "boolean", needed: "NOT NULL DEFAULT false" },
  { name: "scope", type: "text" },
  { name: "expires", type: "timestamp(3)" },
  { name: "accessToken", type: "text", needed: "NOT NULL" },
  { name: "userId", type: "bigint" },
  { name: "firstName", type: "text" },
  { name: "lastName", type: "text" },
  { name: "email", type: "text" },
  { name: "accountOwner", type: "boolean" },
  { name: "locale", type: "text" },
  { name: "collaborator", type: "boolean" },
  { name: "emailVerified", type: "boolean" },
  { name: "refreshToken", type: "text" },
  { name: "refreshTokenExpires", type: "timestamp(3)" },
];

/** The types of @shopify/shopify-app-session-storage-postgresql 8, where they differ. Tokens are kept as text: they have no greatest length. */
const POSTGRESQL_TYPES: Record<string, string> = { expires: "integer", refreshTokenExpires: "bigint" };

/** The columns of the adopter's layout. */
function columnsOf(place: Place): typeof COLUMNS {
  if (place.sessions.layout === "prisma") return COLUMNS;
  return COLUMNS.map((column) => ({ ...column, type: POSTGRESQL_TYPES[column.name] ?? column.type }));
}

/** Names under which apps and other storages keep their sessions. */
const OTHER_NAMES = ["session", "sessions", "Sessions", "shopify_sessions"];

export interface SessionTable {
  kind: "table" | "view" | "missing";
  columns: Set<string>;
  /** Tables of the same schema that look like sessions under another name. */
  others: string[];
}

/** Looks at the adopter's `Session`. */
export async function inspectSession(connection: Connection, place: Place): Promise<SessionTable> {
  const { name: table } = place.sessions;
  const { rows } = await connection.query<{ name: string; kind: string; columns: string[] }>(
    `SELECT c.relname::text AS name, c.relkind::text AS kind, found.columns
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL (SELECT array(
             SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns) found
     WHERE n.nspname = $1 AND (c.relname = ANY($2) OR found.columns @> $3::text[]) AND c.relkind IN ('r', 'p', 'v')
     ORDER BY c.relname`,
    [place.appSchema, [table, "Session", ...OTHER_NAMES], TELLTALE_COLUMNS],
  );
  const found = rows.find(({ name }) => name === table);
  return {
    kind: found ? (found.kind === "v" ? "view" : "table") : "missing",
    columns: new Set(found?.columns),
    others: rows.filter(({ name }) => name !== table).map(({ name }) => name),
  };
}

/**
 * The statements that make `Session` fit: the table itself where there is none, else the columns it lacks. Every added column may be null
 * and has no default, so no row is rewritten.
 * @throws SchemaError where that needs a person: a table of another name, a view, or a table that is something else.
 */
export async function planSession(connection: Connection, place: Place): Promise<string[]> {
  const table = await inspectSession(connection, place);
  const name = `${quoteIdent(place.appSchema)}.${quoteIdent(place.sessions.name)}`;
  const columns = columnsOf(place);
  if (table.kind === "missing") {
    if (table.others.length > 0) {
      throw new SchemaError(
        "session_table_named_differently",
        `There is no table ${name}, but ${table.others.map(quoteIdent).join(", ")}. An empty second table would hide the sessions you have. ` +
          `Name it (expand-contract db migrate --sessions <table>), rename it, or put a view named "Session" over it (docs/adopting.md, "Unusual tables").`,
      );
    }
    await refuseSecondTable(connection, place, name);
    return [
      `CREATE TABLE ${name} (${columns.map(({ name: column, type, needed }) => [quoteIdent(column), type, needed].filter(Boolean).join(" ")).join(", ")})`,
    ];
  }
  const missing = columns.filter((column) => !table.columns.has(column.name));
  if (missing.length === 0) return [];
  const namesOf = (some: typeof COLUMNS) => some.map((column) => quoteIdent(column.name)).join(", ");
  const impossible = missing.filter(({ needed }) => needed);
  if (impossible.length > 0) {
    throw new SchemaError(
      "session_table_foreign",
      `${name} has no column ${namesOf(impossible)}: it is not a table of Shopify sessions. Nothing was changed.`,
    );
  }
  if (table.kind === "view") {
    throw new SchemaError(
      "session_view_lacks_columns",
      `The view ${name} lacks ${namesOf(missing)}. Add them to the table below it (all may be null), then to the view.`,
    );
  }
  const added = missing.map((column) => `ADD COLUMN ${quoteIdent(column.name)} ${column.type}`);
  return [`ALTER TABLE ${name} ${added.join(", ")}`];
}

/** @throws SchemaError where no schema was named and the sessions are in one that the search path does not lead to. */
async function refuseSecondTable(connection: Connection, place: Place, name: string): Promise<void> {
  if (place.isSchemaNamed) return;
  const { rows } = await connection.query<FoundSessionTable>(SESSION_TABLES);
  const [first] = rows;
  if (!first) return;
  const found = rows.map((one) => `${quoteIdent(one.schema)}.${quoteIdent(one.name)}`).join(", ");
  throw new SchemaError(
    "session_table_elsewhere",
    `There is no table ${name}, but ${found}. An empty second table would hide the sessions you have. Name their schema in DATABASE_URL: ` +
      `?schema=${encodeURIComponent(first.schema)}. If they are another app's, name the one where yours are to be: ?schema=${encodeURIComponent(place.appSchema)}.`,
  );
}

/** Everyone who may write `Session` may use our tables: the app's role is often not the one that deploys. */
export async function planGrants(connection: Connection, place: Place): Promise<string[]> {
  const { rows } = await connection.query<{ grantee: string }>(
    `SELECT DISTINCT grantee FROM information_schema.role_table_grants
      WHERE table_schema = $1 AND table_name = $2 AND privilege_type = 'INSERT' AND grantee <> current_user AND grantee <> 'PUBLIC'`,
    [place.appSchema, place.sessions.name],
  );
  return rows.flatMap(({ grantee }) => [
    `GRANT USAGE ON SCHEMA "${OWN_SCHEMA}" TO ${quoteIdent(grantee)}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "${OWN_SCHEMA}" TO ${quoteIdent(grantee)}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA "${OWN_SCHEMA}" TO ${quoteIdent(grantee)}`,
  ]);
}

/**
 * Statements for the indexes of `Session` that are missing or were left invalid by an index build that was cut off. They run outside of a
 * transaction: a concurrent build does not block writes.
 */
export async function planIndexes(connection: Connection, place: Place): Promise<string[]> {
  const { rows } = await connection.query<{ name: string; valid: boolean; table: string }>(
    `SELECT c.relname::text AS name, i.indisvalid AS valid, t.relname::text AS "table" FROM pg_index i
       JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ${quoteText(place.appSchema)}`,
  );
  const { name: sessions } = place.sessions;
  const partitions = await partitionsOf(connection, place);
  const qualified = (name: string) => `${quoteIdent(place.appSchema)}.${quoteIdent(name)}`;
  const drop = (name: string) => `DROP INDEX CONCURRENTLY IF EXISTS ${qualified(name)}`;
  const create = (name: string, table: string, on: string) =>
    `CREATE INDEX CONCURRENTLY ${quoteIdent(name)} ON ${table} ${on}`;
  const missing = SESSION_INDEXES.flatMap(({ name, on }) => {
    const found = rows.find((row) => row.name === name);
    if (found && found.table !== sessions) {
      throw new SchemaError(
        "index_name_taken",
        `${qualified(sessions)} needs an index named ${quoteIdent(name)}, and one of ${quoteIdent(found.table)} has that name. ` +
          `Give that one another: ALTER INDEX ${qualified(name)} RENAME TO ${quoteIdent(`${name}_of_another`)};`,
      );
    }
    if (found?.valid) return [];
    if (partitions.length === 0) {
      return [...(found ? [drop(name)] : []), create(name, qualified(sessions), on)];
    }
    // Postgres builds none on the whole at once without holding up writers. The whole takes over those of its parts.
    const parts = partitions.map((table, index) => ({ table, name: `${name}_${index}` }));
    return [
      ...(found ? [`DROP INDEX ${qualified(name)}`] : []),
      ...parts.flatMap((part) => [drop(part.name), create(part.name, part.table, on)]),
      `CREATE INDEX ${quoteIdent(name)} ON ${qualified(sessions)} ${on}`,
    ];
  });
  return [
    ...missing,
    ...SUPERSEDED_INDEXES.filter((name) => rows.some((row) => row.name === name && row.table === sessions)).map(drop),
  ];
}

/** The tables that hold the rows of a partitioned `Session`, as they are written in SQL; none when it is not partitioned. */
async function partitionsOf(connection: Connection, place: Place): Promise<string[]> {
  const { rows } = await connection.query<{ table: string }>(
    `SELECT format('%I.%I', n.nspname, l.relname) AS "table" FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace,
       LATERAL pg_partition_tree(c.oid) p JOIN pg_class l ON l.oid = p.relid JOIN pg_namespace n ON n.oid = l.relnamespace
      WHERE s.nspname = ${quoteText(place.appSchema)} AND c.relname = ${quoteText(place.sessions.name)} AND c.relkind = 'p' AND p.isleaf ORDER BY p.relid`,
  );
  return rows.map(({ table }) => table);
}
