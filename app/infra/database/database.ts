import { pgDatabase, type PgPool } from "./pg-database.ts";
import { prismaDatabase, type PrismaLike } from "./prisma-database.ts";
import type { Database } from "./queryable.ts";

export type { Database, Queryable } from "./queryable.ts";
export type { PgPool, PrismaLike };

/** What an app may have: a pool of `pg`, a Prisma client on Postgres, or what was made of either. */
export type DatabaseClient = PgPool | PrismaLike | Database;

/**
 * The database behind a client.
 * @throws TypeError for anything else, a Prisma client on another database included.
 */
export function toDatabase(client: DatabaseClient): Database {
  const given: unknown = client;
  if (typeof given === "object" && given !== null) {
    if ("$queryRawUnsafe" in client) return prismaDatabase(onPostgres(client));
    if ("transaction" in client) return client;
    if ("connect" in client) return pgDatabase(client);
  }
  throw new TypeError("`database` must be a pool of pg (new pg.Pool(…)) or a Prisma client on Postgres");
}

/** Prisma's clients know the provider of their schema. */
function onPostgres(client: PrismaLike): PrismaLike {
  const { _activeProvider: provider } = client as { _activeProvider?: unknown };
  if (typeof provider !== "string" || provider.startsWith("postgres")) return client;
  throw new TypeError(
    `\`database\` is a Prisma client on ${provider}: this needs Postgres, in development too. Sessions of another storage are copied by \`import\``,
  );
}
