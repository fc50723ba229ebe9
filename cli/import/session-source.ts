import { OperatorError } from "../operator-error.ts";
import type { RawRow } from "./to-session.ts";

/** Another storage, opened for reading. */
export interface SessionSource {
  /** What is read, for people; no password in it. */
  name: string;
  /** In batches. An error instead of a row: a value that is no session, and why. */
  batches(): AsyncIterable<(RawRow | Error)[]>;
  close(): Promise<void>;
}

export const BATCH = 500;
/** As Prisma's schema and Shopify's other storages call it. */
const USUAL_TABLES = ["Session", "shopify_sessions"];

/** The table to read: the one that was named, or the only one that is usual. @throws OperatorError no_table, or two_tables. */
export function chooseTable(existing: readonly string[], named: string | undefined): string {
  const candidates = existing.filter((name) => (named === undefined ? USUAL_TABLES.includes(name) : name === named));
  if (candidates.length === 1) return candidates[0]!;
  if (candidates.length > 1) {
    throw new OperatorError(
      "two_tables",
      `There are ${candidates.join(" and ")}`,
      "Say which one the app uses: --table <name>",
    );
  }
  throw new OperatorError(
    "no_table",
    named === undefined ? "There is no table Session or shopify_sessions" : `There is no table ${named}`,
    existing.length === 0
      ? "The database has no tables at all. Is it the right one?"
      : `Name it with --table. There are: ${existing.join(", ")}.`,
  );
}

/** Loads a client that only this import needs. @throws OperatorError no_client when it is not installed. */
export async function loadClient<Client>(name: string, load: () => Promise<Client>): Promise<Client> {
  try {
    return await load();
  } catch (error) {
    throw new OperatorError(
      "no_client",
      `The package ${name} is not installed`,
      `Install it beside: npm install ${name}`,
      { cause: error },
    );
  }
}
