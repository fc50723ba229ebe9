import { harmless } from "./harmless.ts";

/**
 * One record of a CSV file (RFC 4180: it ends in CRLF). Cells that a spreadsheet would take for a formula become text (OWASP, "CSV
 * Injection"); control characters are shown.
 */
export function csvRecord(cells: readonly unknown[]): string {
  return `${cells.map((value) => cell(String(value ?? ""))).join(",")}\r\n`;
}

/** Line breaks and tabs stay, as CSV has a way to write them. */
function cell(value: string): string {
  const shown = value.split(/([\t\r\n])/).map((part) => (/^[\t\r\n]$/.test(part) ? part : harmless(part)));
  const text = /^\s*[=+\-@−＝＋－＠]|^[\t\r\n]/.test(value) ? `'${shown.join("")}` : shown.join("");
  return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
