import type { RunFailure } from "./operator-client.ts";

const COLUMNS = ["shop", "outcome", "code", "message", "attempts", "retryable"] as const;

/** Failures as CSV (RFC 4180), with a header line. Cells that a spreadsheet would take for a formula are made text. */
export function* failuresCsv(failures: Iterable<RunFailure>): Generator<string> {
  yield COLUMNS.join(",");
  for (const failure of failures) yield COLUMNS.map((column) => cell(String(failure[column] ?? ""))).join(",");
}

function cell(value: string): string {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
