import type { Listener } from "./listen.ts";

/** A statement with its values as `$1`, `$2`, …; what sql-template-tag makes is one. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What runs statements: a database, or a transaction on it. */
export interface Queryable {
  /** Runs a statement and gives its rows. bigint comes as BigInt, times as Date: without an offset they are UTC. */
  query<Rows extends readonly object[]>(statement: Statement): Promise<Rows>;
  /** Runs a statement and gives the number of rows that it changed. */
  execute(statement: Statement): Promise<number>;
}

interface TransactionOptions {
  /** Milliseconds to wait for a connection. */
  maxWait?: number;
  /** Milliseconds that the transaction may take. */
  timeout?: number;
}

/** All that this app asks of its database. Postgres, on a pool of `pg` or on a Prisma client. */
export interface Database extends Queryable {
  /** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
  transaction<T>(work: (transaction: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Listens to a channel; absent where no connection can be kept for it. */
  listen?(channel: string, onNotified: () => void): Listener;
}
