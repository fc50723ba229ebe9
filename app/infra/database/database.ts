import { pgDatabase, type PgPool } from "./pg-database.ts";
import { prismaDatabase, type PrismaLike } from "./prisma-database.ts";
import type { Database } from "./queryable.ts";

export type { Database, Queryable } from "./queryable.ts";
export type { PgPool, PrismaLike };

/** What an app may have: a pool of `pg`, a Prisma client on Postgres, or what was made of either. */
export type DatabaseClient = PgPool | PrismaLike | Database;

/**
 * The database behind a client.
 * @throws TypeError for anything else.
 */
export function toDatabase(client: DatabaseClient): Database {
  if ("$queryRawUnsafe" in client) return prismaDatabase(client);
  if ("transaction" in client) return client;
  if ("connect" in client) return pgDatabase(client);
  throw new TypeError("`database` must be a pool of pg (new pg.Pool(…)) or a Prisma client on Postgres");
}
