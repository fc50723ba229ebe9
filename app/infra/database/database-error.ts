/** An error of Postgres as `pg` throws it: with its SQLSTATE, and the constraint that Postgres names. */
export interface DatabaseError extends Error {
  code: string;
  severity: string;
  constraint?: string;
}

/** Whether Postgres itself said so. */
export function isDatabaseError(error: unknown): error is DatabaseError {
  const { code, severity } = (error ?? {}) as Partial<DatabaseError>;
  return typeof severity === "string" && typeof code === "string" && /^[0-9A-Z]{5}$/.test(code);
}

interface DriverCause {
  originalCode?: string;
  originalMessage?: string;
  constraint?: { index?: string };
}

/** Postgres's own code, and the words, of an error of `pg`, or of one that Prisma's driver adapter passes on. */
export function postgresError(error: unknown): DriverCause | undefined {
  if (isDatabaseError(error)) {
    const { code, message, constraint } = error;
    return { originalCode: code, originalMessage: message, constraint: { index: constraint } };
  }
  const meta = (error as { meta?: { driverAdapterError?: { cause?: DriverCause } } } | null)?.meta;
  const cause = meta?.driverAdapterError?.cause ?? (error as { cause?: DriverCause } | null)?.cause;
  return typeof cause?.originalCode === "string" ? cause : undefined;
}

/**
 * Codes that pass by themselves: connections (08, 28, 3D), sessions that were ended (25P03), conflicts (40), an operator at work (57), the server's own trouble (58, XX),
 * a lack of connections or memory, a lock. With every other code the same statement fails again.
 */
const PASSING = /^(08|25P03|25P04|28|3D|40|57|58|XX|53200|53300|53400|55006|55P03)/;

/** Whether the database refused a statement for a reason that does not pass by itself. */
export function isLastingRefusal(error: unknown): boolean {
  const code = postgresError(error)?.originalCode;
  return code !== undefined && !PASSING.test(code);
}

/** The database cannot be reached, or broke the connection off. Its message names no address. */
export class DatabaseAwayError extends Error {
  readonly code = "database_away";
  readonly reason: string;
  constructor(reason: string, options?: { cause?: unknown }) {
    super(`The database cannot be reached (${reason})`, options);
    this.reason = reason;
    this.name = "DatabaseAwayError";
  }
}
