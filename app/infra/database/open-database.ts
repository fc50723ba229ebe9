import pg from "pg";
import { poolConfig, STATEMENT_TIMEOUT_MS, type PoolOptions } from "./db-pool.ts";
import { listen } from "./listen.ts";
import { pgDatabase } from "./pg-database.ts";
import type { Database } from "./queryable.ts";

export interface DatabaseOptions extends Pick<PoolOptions, "statementTimeoutMs" | "connectTimeoutMs"> {
  /** Connections in the pool; 10 unless told. */
  poolSize?: number;
  /** Told of a connection that was lost. */
  onError?: (error: Error) => void;
}

/** A database with a pool of its own. */
export interface OpenDatabase extends Database {
  /** Waits for statements under way, then closes every connection. */
  close(): Promise<void>;
}

/**
 * Opens the database, on a pool of `pg`: no query compiler stands between a statement and Postgres. Connects with the first statement.
 * @param url a Postgres connection string; `?schema=` says where the tables are.
 */
export function openDatabase(url: string, { poolSize: max, onError, ...options }: DatabaseOptions = {}): OpenDatabase {
  const pool = new pg.Pool(poolConfig(url, { max, ...options }));
  // A connection breaks while it is idle, or between two statements of a transaction; an error that has no listener ends the process.
  pool.on("error", () => {});
  pool.on("connect", (connection) => void connection.on("error", (error) => onError?.(error)));
  return {
    ...pgDatabase(pool, options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS),
    listen: (channel, onNotified) => listen(url, channel, onNotified),
    close: async () => {
      if (!pool.ending) await pool.end();
    },
  };
}
