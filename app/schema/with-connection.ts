import pg from "pg";
import { parseIntoClientConfig } from "pg-connection-string";
import { databaseUrlProblem } from "../infra/database/database-url-problem.ts";
import { schemaOf } from "../infra/database/db-pool.ts";
import { quoteIdent } from "../infra/database/quote.ts";
import type { Connection, Place } from "./own-schema.ts";
import { SchemaError } from "./schema-error.ts";

/**
 * One connection to `DATABASE_URL`, for as long as `act` takes.
 * @param applicationName shown in pg_stat_activity.
 * @param sessions the table of sessions; `Session`, with the columns of the Prisma storage, unless told.
 * @throws SchemaError when the address is none of Postgres, or names a schema that is not there; errors of pg when it cannot be reached.
 */
export async function withConnection<T>(
  databaseUrl: string,
  applicationName: string,
  act: (connection: Connection, place: Place) => Promise<T>,
  sessions: Place["sessions"] = { name: "Session", layout: "prisma" },
): Promise<T> {
  if (!/^postgres(ql)?:\/\//.test(databaseUrl)) {
    throw new SchemaError(
      "not_postgres",
      "DATABASE_URL must be a Postgres connection string: it must start with postgresql://",
    );
  }
  const problem = databaseUrlProblem(databaseUrl);
  if (problem !== undefined) throw new SchemaError("unreadable_url", `DATABASE_URL ${problem}`);
  const schema = schemaOf(databaseUrl);
  const client = new pg.Client({
    ...parseIntoClientConfig(databaseUrl),
    connectionTimeoutMillis: 10_000,
    application_name: applicationName,
  });
  client.on("error", () => {});
  await client.connect();
  try {
    if (schema) await requireSchema(client, schema);
    const appSchema = schema ?? (await findSchema(client, sessions.name));
    return await act(client, { appSchema, isSchemaNamed: schema !== undefined, sessions });
  } finally {
    await client.end();
  }
}

async function requireSchema(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query("SELECT FROM pg_namespace WHERE nspname = $1", [schema]);
  if (rows.length === 0) {
    throw new SchemaError(
      "no_such_schema",
      `DATABASE_URL names the schema ${quoteIdent(schema)} (?schema=), which this database does not have`,
    );
  }
}

/** Where a statement that names the table alone finds it, or would make it. */
async function findSchema(connection: Connection, table: string): Promise<string> {
  const { rows } = await connection.query<{ schema: string | null }>(
    `SELECT coalesce((SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)), current_schema())::text AS schema`,
    [quoteIdent(table)],
  );
  const [found] = rows;
  if (found?.schema != null) return found.schema;
  throw new SchemaError(
    "no_schema",
    "The search path of DATABASE_URL names no schema that this database has and its role may use: name the one of your tables with ?schema=, or set search_path",
  );
}
