/** An error for the log, short: Prisma's messages quote the code they come from. */
export function describeError(error: unknown): { name: string; reason: string } {
  if (!(error instanceof Error)) return { name: "?", reason: String(error) };
  return { name: error.name, reason: error.message.split("\n").at(-1) ?? "" };
}
