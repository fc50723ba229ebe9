import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "@prisma/client";
import { poolConfig, schemaOf, type PoolOptions } from "../../app/infra/database/db-pool.ts";
import { prismaDatabase } from "../../app/infra/database/prisma-database.ts";
import type { Database } from "../../app/infra/database/queryable.ts";

/** A Prisma client, which is also what the domains ask their database for: as an adopter of the package has it. */
export type PrismaDatabase = PrismaClient & Database;

/** @param url a Postgres connection string; `?schema=` says where the tables are. */
export function openPrisma(url: string, options: PoolOptions = {}): PrismaDatabase {
  const adapter = new PrismaPg(poolConfig(url, options), { schema: schemaOf(url), onConnectionError: () => {} });
  const client = new PrismaClient({ adapter, log: [] });
  return Object.assign(client, prismaDatabase(client));
}
