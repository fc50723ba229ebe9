import type { RunFailure } from "./operator-client.ts";
import { harmless } from "./paint.ts";

const COLUMNS = ["shop", "outcome", "code", "message", "attempts", "retryable"] as const;

/**
 * Failures as the records of a CSV file (RFC 4180: each ends in CRLF), with a header. Cells that a spreadsheet would take for a
 * formula become text (OWASP, "CSV Injection").
 */
export function* failuresCsv(failures: Iterable<RunFailure>): Generator<string> {
  yield `${COLUMNS.join(",")}\r\n`;
  for (const failure of failures) yield `${COLUMNS.map((column) => cell(String(failure[column] ?? ""))).join(",")}\r\n`;
}

/** Line breaks and tabs stay, as CSV has a way to write them; other control characters are shown. */
function cell(value: string): string {
  const shown = value.split(/([\t\r\n])/).map((part) => (/^[\t\r\n]$/.test(part) ? part : harmless(part)));
  const text = /^\s*[=+\-@−＝＋－＠]|^[\t\r\n]/.test(value) ? `'${shown.join("")}` : shown.join("");
  return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
