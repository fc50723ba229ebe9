interface DriverError {
  cause?: { originalCode?: string; originalMessage?: string; detail?: string };
}

interface RawQueryError extends Error {
  code?: unknown;
  meta?: { code?: unknown; message?: unknown; driverAdapterError?: DriverError };
}

/**
 * Prisma 5, and Prisma 6 with its native engine, say what Postgres refused in a form of their own, and quote the row: tokens with it. Their
 * errors leave here as those of a driver adapter, without the row.
 * @throws the error.
 */
export function withoutRow(thrown: unknown): never {
  const error = thrown as RawQueryError;
  const { code, meta } = error ?? {};
  if (meta?.driverAdapterError?.cause) delete meta.driverAdapterError.cause.detail;
  if (code !== "P2010" || meta === undefined || meta.driverAdapterError || typeof meta.code !== "string") throw error;
  const said = wordsOf(meta.code, typeof meta.message === "string" ? meta.message : "");
  const cause = { kind: "postgres", originalCode: meta.code, originalMessage: said };
  error.meta = { driverAdapterError: Object.assign(new Error(said), { cause }) };
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  error.message = `Raw query failed. Code: \`${meta.code}\`. Message: \`${said}\``;
  error.stack = [`${error.name}: ${error.message}`, ...frames].join("\n");
  throw error;
}

/** Of a missing value, a duplicate or a missing reference nothing but the detail is passed on; of others it stands on a line of its own. */
function wordsOf(sqlstate: string, message: string): string {
  const isDetail = ["23502", "23503", "23505"].includes(sqlstate);
  return isDetail ? "a constraint refuses the row" : (message.split("\n", 1)[0] ?? "").replace(/^[^:"]*ERROR: /, "");
}
