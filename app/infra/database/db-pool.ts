import pg from "pg";
import { parseIntoClientConfig } from "pg-connection-string";
import { quoteIdent } from "./quote.ts";

export interface PoolOptions {
  /** Connections in the pool; 10 unless told, as pg does. */
  max?: number;
  /** Milliseconds that one statement may take, on the server and on the way; 10,000 unless told, 0 for no limit. */
  statementTimeoutMs?: number;
  /** Milliseconds to wait for a connection, new or free; 5,000 unless told. */
  connectTimeoutMs?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
}

export const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** The server cancels a statement first; only if its word does not arrive is the connection given up. */
const ANSWER_SLACK_MS = 500;
/** Postgres cuts longer names off. */
const LONGEST_NAME = 63;

/** A connection that cannot be set up as `DATABASE_URL` asks; the message says what to do instead. */
class DatabaseSetupError extends Error {
  readonly code = "database_setup";
  constructor(message: string) {
    super(message);
    this.name = "DatabaseSetupError";
  }
}

/** `?schema=` of a connection string: where the tables are, as Prisma understands it. Undefined: wherever the role's search_path says. */
export function schemaOf(url: string): string | undefined {
  const { schema } = parseIntoClientConfig(url) as { schema?: unknown };
  return typeof schema === "string" && schema !== "" ? schema.slice(0, LONGEST_NAME) : undefined;
}

/**
 * The configuration of a pg pool; every pool of the app is made from it. Works behind PgBouncer in transaction mode: nothing is sent in
 * the startup packet that it refuses, no statement has a name, and session settings are made only where the session is ours.
 *
 * The connection string is taken apart, so that the password is in no error text of the driver.
 * @param url a Postgres connection string; `?schema=` is honoured, behind a pooler only if the role's search_path says the same.
 */
export function poolConfig(url: string, options: PoolOptions = {}): pg.PoolConfig {
  const { host, port, user, password, database, ssl, options: startup } = parseIntoClientConfig(url);
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  return {
    host,
    port: port ?? undefined,
    user,
    // pg allows functions of other shapes; a connection string gives text only.
    password: typeof password === "string" ? password : undefined,
    database,
    ssl,
    options: startup,
    max: options.max ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: options.applicationName ?? "expand-contract",
    Client: clientClass(statementTimeoutMs === 0 ? undefined : statementTimeoutMs + ANSWER_SLACK_MS),
    onConnect: (client: pg.ClientBase) => setUpSession(client as pg.Client, schemaOf(url), statementTimeoutMs),
  } as pg.PoolConfig;
}

type QueryArguments = [unknown, ...unknown[]];

/** pg's client, on UTC, ISO's style of times and standard strings, and without patience: a statement whose answer does not come takes its connection with it. */
function clientClass(timeoutMs: number | undefined) {
  return class ImpatientClient extends pg.Client {
    // The driver adapter of Prisma drops the offset of a timestamptz: times would be wrong where the database is not on UTC. pg reads no time
    // in another style than ISO's; pg-boss makes its tables with backslashes in strings. In the startup packet under their own names, which
    // poolers pass on; they refuse `options`.
    getStartupConf(): object {
      // @ts-expect-error pg has this method, its types have not.
      const startup = super.getStartupConf() as object;
      return { ...startup, TimeZone: "UTC", DateStyle: "ISO", standard_conforming_strings: "on" };
    }

    // pg's own query_timeout would leave the statement at work on a connection that goes back into the pool.
    // @ts-expect-error one signature for pg's nine.
    override query(...args: QueryArguments): unknown {
      if (timeoutMs === undefined) return super.query(...(args as Parameters<pg.Client["query"]>));
      const stream = (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
      const timer = setTimeout(() => stream.destroy(), timeoutMs);
      const end = () => clearTimeout(timer);
      const callback = args.at(-1);
      if (typeof callback === "function") {
        args[args.length - 1] = (...answer: unknown[]) => (
          end(),
          (callback as (...a: unknown[]) => unknown)(...answer)
        );
        return super.query(...(args as Parameters<pg.Client["query"]>));
      }
      const result: unknown = super.query(...(args as Parameters<pg.Client["query"]>));
      (result as Promise<unknown>).then(end, end);
      return result;
    }
  };
}

interface Session {
  direct: boolean;
  schema: string | null;
}

/**
 * Sets what a session needs, whatever the role's settings are, in one round trip, if the session is ours: the process at the other end is then the one that the
 * handshake named. A pooler names one of its own; what is set there would meet other clients, so nothing is.
 * @throws DatabaseSetupError when the tables' schema cannot be chosen.
 */
async function setUpSession(client: pg.Client, schema: string | undefined, statementTimeoutMs: number): Promise<void> {
  const searchPath = schema && quoteIdent(schema);
  const { rows } = await client.query<Session>(
    `SELECT "direct", current_schema() AS "schema",
       CASE WHEN "direct" THEN set_config('statement_timeout', $2, false) END,
       CASE WHEN "direct" THEN set_config('lock_timeout', '0', false) END,
       CASE WHEN "direct" THEN set_config('default_transaction_isolation', 'read committed', false) END,
       CASE WHEN "direct" THEN set_config('extra_float_digits', '1', false) END,
       CASE WHEN "direct" AND $3::text IS NOT NULL THEN set_config('search_path', $3, false) END
     FROM (SELECT coalesce(pg_backend_pid() = $1::int, false) AS "direct") AS s`,
    [processOf(client), String(statementTimeoutMs), searchPath ?? null],
  );
  const [session] = rows;
  if (!schema || session?.direct || session?.schema === schema) return;
  throw new DatabaseSetupError(
    `DATABASE_URL asks for the schema "${schema}", but a connection pooler is in between, which cannot be asked for one: there the ` +
      `tables are looked for in "${session?.schema ?? "no schema"}". Set it for the role instead: ALTER ROLE <user> IN DATABASE ` +
      `<database> SET search_path = ${searchPath}`,
  );
}

/** The process that the handshake named; types of pg leave it out. */
function processOf(client: pg.ClientBase): number | null {
  return (client as unknown as { processID: number | null }).processID;
}

/** Whether a connection is the server's own session, and not one that a pooler shares: only then does `LISTEN` hear anything. */
export async function isOwnSession(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  return rows[0]?.pid === processOf(client);
}

/**
 * Whether connections to an address are the server's own sessions (`isOwnSession`).
 * @throws when the database cannot be reached.
 */
export async function isDirect(url: string): Promise<boolean> {
  return onOneConnection(url, isOwnSession);
}

/**
 * What keeps `DATABASE_URL` from being used as it is, in words for the operator; undefined when nothing does, or when the database cannot
 * be asked now.
 */
export async function findDatabaseProblem(url: string): Promise<string | undefined> {
  if (!schemaOf(url)) return undefined;
  try {
    return await onOneConnection(url, async () => undefined);
  } catch (error) {
    return error instanceof DatabaseSetupError ? error.message : undefined;
  }
}

async function onOneConnection<T>(url: string, ask: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const pool = new pg.Pool(poolConfig(url, { max: 1 }));
  pool.on("error", () => {});
  try {
    const client = await pool.connect();
    return await ask(client).finally(() => client.release());
  } finally {
    await pool.end();
  }
}
