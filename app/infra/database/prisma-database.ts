import { withoutRow } from "./prisma-error.ts";
import type { Database, Queryable, Statement } from "./queryable.ts";

interface PrismaQueryable {
  $queryRawUnsafe<T = unknown>(query: string, ...values: unknown[]): Promise<T>;
  $executeRawUnsafe(query: string, ...values: unknown[]): Promise<number>;
}

/** The part of a Prisma client that is used: no models, so any schema and any version will do. */
export interface PrismaLike extends PrismaQueryable {
  $transaction<T>(
    work: (transaction: PrismaQueryable) => Promise<T>,
    options?: { maxWait?: number; timeout?: number },
  ): Promise<T>;
}

/** The database behind a Prisma client on Postgres. */
export function prismaDatabase(client: PrismaLike): Database {
  return {
    ...queryable(client),
    transaction: (work, options) => client.$transaction((transaction) => work(queryable(transaction)), options),
  };
}

function queryable(client: PrismaQueryable): Queryable {
  return {
    query: <Rows extends readonly object[]>({ text, values }: Statement) =>
      client.$queryRawUnsafe<Rows>(text, ...values).catch(withoutRow),
    execute: ({ text, values }) => client.$executeRawUnsafe(text, ...values).catch(withoutRow),
  };
}
