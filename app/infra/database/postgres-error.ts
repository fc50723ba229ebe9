import { isDatabaseError } from "./database-error.ts";

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
