import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "@prisma/client";
import { parseIntoClientConfig } from "pg-connection-string";

export type Database = PrismaClient;

export interface DatabaseOptions {
  /** Connections in the pool; 10 unless told, as pg does. */
  poolSize?: number;
  /** Milliseconds to wait for a connection before a query fails. */
  connectTimeoutMs?: number;
  onError?: (error: Error) => void;
}

/**
 * Opens the database. The connection string is taken apart here, so that the password is in no error text of the driver.
 * @param url a Postgres connection string.
 */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const connection = parseIntoClientConfig(url);
  const adapter = new PrismaPg(
    {
      ...connection,
      // The driver adapter drops the offset of a timestamptz: times would be wrong where the database is not on UTC.
      options: [connection.options, "-c TimeZone=UTC"].filter(Boolean).join(" "),
      max: options.poolSize ?? 10,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      idleTimeoutMillis: 30_000,
      application_name: "expand-contract",
    },
    { onPoolError: options.onError, onConnectionError: options.onError },
  );
  return new PrismaClient({ adapter, log: [] });
}
