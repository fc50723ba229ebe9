import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "@prisma/client";
import { poolConfig, schemaOf } from "./db-pool.ts";
import { prismaDatabase } from "./prisma-database.ts";
import type { Database as Queries } from "./queryable.ts";

/** A Prisma client, for the schema's models, which is also what the layers above ask their database for. */
export type Database = PrismaClient & Queries;

export interface DatabaseOptions {
  /** Connections in the pool; 10 unless told. */
  poolSize?: number;
  /** Milliseconds that one statement may take; 10,000 unless told. */
  statementTimeoutMs?: number;
  /** Milliseconds to wait for a connection before a query fails; 5,000 unless told. */
  connectTimeoutMs?: number;
  onError?: (error: Error) => void;
}

/**
 * Opens the database.
 * @param url a Postgres connection string; `?schema=` says where the tables are.
 */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const config = poolConfig(url, {
    max: options.poolSize,
    statementTimeoutMs: options.statementTimeoutMs,
    connectTimeoutMs: options.connectTimeoutMs,
  });
  const adapter = new PrismaPg(config, {
    schema: schemaOf(url),
    onPoolError: options.onError,
    onConnectionError: options.onError,
  });
  const client = new PrismaClient({ adapter, log: [] });
  return Object.assign(client, prismaDatabase(client));
}
