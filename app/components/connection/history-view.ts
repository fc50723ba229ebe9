import type { TokenHistoryEntry } from "../../tokens/index.ts";

/** What happened to a connection, as far as merchants understand it. Each has its own words. */
const HISTORY_KINDS = [
  "acquired",
  "acquired_permanent",
  "migrated",
  "refreshed",
  "needs_reauth",
  "suspended",
  "resumed",
  "uninstalled",
] as const;
export type HistoryKind = (typeof HISTORY_KINDS)[number];

/** One line of the history: an event, or a row of the same. Times are ISO 8601. */
export interface HistoryLine {
  kind: HistoryKind;
  count: number;
  /** The latest of the row. */
  at: string;
  /** The first of the row, when there are several. */
  from?: string;
}

/** More than anybody reads; what each costs the server stays small. */
const MOST_LINES = 50;

/**
 * The history of a connection, the latest first, with repeats collapsed into one line; fifty lines at most. Kinds that only operators
 * understand are left out, and do not end a row.
 * @param history the latest first.
 */
export function viewHistory(history: readonly TokenHistoryEntry[]): HistoryLine[] {
  const lines: HistoryLine[] = [];
  for (const { kind: happened, at } of history) {
    const kind = HISTORY_KINDS.find((one) => one === happened);
    if (!kind) continue;
    const last = lines.at(-1);
    if (last?.kind === kind) {
      last.count++;
      last.from = at.toISOString();
    } else if (lines.length === MOST_LINES) {
      break;
    } else {
      lines.push({ kind, count: 1, at: at.toISOString() });
    }
  }
  return lines;
}
