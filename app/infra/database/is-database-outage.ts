import { DatabaseAwayError, isDatabaseError } from "./database-error.ts";

/** What the driver adapter calls a database that cannot be reached, or that broke a connection off. */
const OUTAGE_KINDS = new Set(["DatabaseNotReachable", "ConnectionClosed", "SocketTimeout", "TooManyConnections"]);

/** Prisma: cannot reach, timed out, connection closed, no free connection in the pool; and what the driver adapter of Prisma 5 passes on. */
const OUTAGE_CODES = new Set(["P1001", "P1002", "P1008", "P1017", "P2024", "P2037", "ECONNREFUSED", "ECONNRESET"]);

/**
 * Postgres: connection exceptions (class 08), a server that is shutting down or starting (class 57P), a statement that took too long
 * (57014), no free connection (53300).
 */
const OUTAGE_SQLSTATE = /^(08|57P0|57014|53300)/;

/**
 * Postgres: insufficient resources such as a full disk (class 53), errors of its system (class 58), a database or table that is read-only
 * (25006), conflicts with other transactions (class 40), locks that are not to be had (55P03), sessions that it ended (25P03, 25P04), a login
 * that it refuses (class 28), a database that is gone (3D000) or accepts no connections (55000).
 */
const UNABLE_SQLSTATE = /^(53|58|25006|25P0[34]|28|3D000|40|55000|55P03)/;

/** pg itself, which gives these no code; the driver adapter passes them on as they are. */
const OUTAGE_MESSAGE = /^(Connection terminated|timeout exceeded when trying to connect)/;

/**
 * Whether an error says that the database is away for now, and not that the query was wrong. What failed may be asked again.
 */
export function isDatabaseOutage(error: unknown): boolean {
  return saysOf(error, OUTAGE_SQLSTATE);
}

/** Whether the database is away or cannot do its work for now: what a merchant, an operator or Shopify is answered 503 for, to come again. */
export function isDatabaseUnable(error: unknown): boolean {
  return saysOf(error, OUTAGE_SQLSTATE) || saysOf(error, UNABLE_SQLSTATE);
}

function saysOf(error: unknown, states: RegExp): boolean {
  if (!(error instanceof Error)) return false;
  const { code, meta, cause } = error as { code?: unknown; meta?: { driverAdapterError?: unknown }; cause?: unknown };
  if (error instanceof DatabaseAwayError) return true;
  if (typeof code === "string" && OUTAGE_CODES.has(code)) return true;
  if (isDatabaseError(error)) return states.test(error.code);
  if (OUTAGE_MESSAGE.test(error.message)) return true;
  const reason = cause as { kind?: string; originalCode?: string } | undefined;
  if (reason?.kind && OUTAGE_KINDS.has(reason.kind)) return true;
  if (reason?.originalCode && states.test(reason.originalCode)) return true;
  return [meta?.driverAdapterError, cause].some((inner) => inner !== error && saysOf(inner, states));
}

/** Whether an error comes from the database at all: from `pg`, or from a Prisma client. */
export function isDatabaseFailure(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error instanceof DatabaseAwayError || isDatabaseError(error) || error.name.startsWith("PrismaClient");
}
