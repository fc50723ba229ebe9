import pg from "pg";
import { DatabaseAwayError, isDatabaseError } from "./database-error.ts";
import type { Database, Queryable, Statement } from "./queryable.ts";

interface PgQueryable {
  query(config: object): Promise<{ rows: unknown[]; rowCount: number | null }>;
}

interface PgConnection extends PgQueryable {
  release(error?: Error | boolean): void;
}

/** The part of a pool of `pg` that is used. */
export interface PgPool extends PgQueryable {
  connect(): Promise<PgConnection>;
}

/** Types whose text is read another way than pg does by default: as Prisma does, so that both kinds of client give the same. */
const PARSERS: Record<number, (text: string) => unknown> = {
  [pg.types.builtins.INT8]: BigInt,
  // Without an offset: UTC. pg takes it for the process's local time.
  [pg.types.builtins.TIMESTAMP]: (text) => new Date(`${text.replace(" ", "T")}Z`),
};

const TYPES = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    (format !== "binary" && PARSERS[oid]) || (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
};

/**
 * The database behind a pool of `pg`. No statement gets a name, so it works behind PgBouncer in transaction mode.
 * @param statementTimeoutMs after which the pool itself gives a connection up; 0 unless told: never. The server must have ended a statement by
 * then, or it holds what it has locked for longer than anybody waits for it.
 */
export function pgDatabase(pool: PgPool, statementTimeoutMs = 0): Database {
  return {
    ...queryable(pool),
    async transaction(work, { timeout } = {}) {
      const connection = await pool.connect().catch(inWords);
      let broken: Error | undefined;
      try {
        // Without values both go in one message.
        const limits = [timeout, statementTimeoutMs].filter((ms) => ms !== undefined && ms > 0) as number[];
        const limit = limits.length > 0 ? `; SET LOCAL statement_timeout = ${Math.ceil(Math.min(...limits))}` : "";
        await connection.query({ text: `BEGIN${limit}` });
        const result = await work(queryable(connection));
        await connection.query({ text: "COMMIT" });
        return result;
      } catch (error) {
        await connection.query({ text: "ROLLBACK" }).catch((lost: Error) => (broken = lost));
        // What a role or a server is set to is asked anew with a new connection.
        if (isDatabaseError(error) && error.code === READ_ONLY) broken = error;
        throw error;
      } finally {
        connection.release(broken);
      }
    },
  };
}

const READ_ONLY = "25006";

function queryable(connection: PgQueryable): Queryable {
  const run = ({ text, values }: Statement) =>
    connection.query({ text, values: values.map(toParameter), types: TYPES }).catch(inWords);
  return {
    query: async <Rows extends readonly object[]>(statement: Statement) =>
      (await run(statement)).rows as unknown as Rows,
    execute: async (statement) => (await run(statement)).rowCount ?? 0,
  };
}

/** pg writes a Date in the process's time zone, and a column without one would keep that. */
function toParameter(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}

const CONNECTION_CODE = /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/;
/** Of OpenSSL and of Node's TLS: a certificate that is not accepted, a handshake that fails. */
const TLS_CODE = /CERT|SELF_SIGNED|LEAF_SIGNATURE|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|^ERR_(TLS|SSL)/;
/** pg itself, which gives these no code. */
const CONNECTION_MESSAGE =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|The server does not support SSL)/;

/**
 * Throws what `pg` threw anew, whatever pool it came from.
 * @throws DatabaseAwayError for a connection that is not there or broke off; other errors as they are, but for `detail`, in which Postgres
 * quotes a row: tokens with it.
 */
export function inWords(error: unknown): never {
  // Several addresses of one host: all of them failed.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { code, syscall, message = "" } = (first ?? {}) as { code?: string; syscall?: string; message?: string };
  if (code !== undefined && (syscall !== undefined || CONNECTION_CODE.test(code) || TLS_CODE.test(code)))
    throw new DatabaseAwayError(code, { cause: error });
  if (CONNECTION_MESSAGE.test(message)) throw new DatabaseAwayError("connection lost", { cause: error });
  if (isDatabaseError(error)) delete (error as { detail?: string }).detail;
  throw error;
}
