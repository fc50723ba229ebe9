import { isDatabaseError } from "../database/database-error.ts";

/** What a log may say of an error of unknown origin: its name and its codes. A database's words can quote a row, so they are left out. */
export function describeError(error: unknown): { error: string; code?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code, meta } = error as {
    code?: unknown;
    meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } };
  };
  const codes = [code, meta?.driverAdapterError?.cause?.originalCode].filter((one) => typeof one === "string");
  // pg names its errors `error`.
  return {
    error: isDatabaseError(error) ? "DatabaseError" : error.name,
    ...(codes.length > 0 ? { code: codes.join(" ") } : {}),
  };
}
