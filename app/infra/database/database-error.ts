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
