import { existsSync } from "node:fs";
import { OperatorError } from "../operator-error.ts";
import { BATCH, chooseTable, loadClient, type SessionSource } from "./session-source.ts";
import type { RawRow } from "./to-session.ts";

/** Opens `file:path/to/dev.sqlite`, for reading only. @throws OperatorError */
export async function openSqlite(from: string, table?: string): Promise<SessionSource> {
  const path = pathOf(from.replace(/^file:(?:\/\/)?/, "").split("?", 1)[0]!);
  if (!existsSync(path)) {
    throw new OperatorError(
      "no_source",
      `${path} does not exist`,
      "Prisma counts from its own folder: try file:prisma/dev.sqlite",
    );
  }
  const { DatabaseSync } = await loadClient("node:sqlite (Node 22.13 or newer)", () => import("node:sqlite"));
  let database: InstanceType<typeof DatabaseSync>;
  let chosen: string;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").all();
    chosen = chooseTable(
      tables.map(({ name }) => String(name)),
      table,
    );
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      "no_source",
      `${path} cannot be read: ${(error as Error).message}`,
      "Is it an SQLite database?",
      { cause: error },
    );
  }
  return {
    name: `${path}, table ${chosen}`,
    async *batches() {
      let batch: RawRow[] = [];
      const statement = database.prepare(`SELECT * FROM "${chosen.replaceAll('"', '""')}"`);
      statement.setReadBigInts(true);
      for (const row of statement.iterate()) {
        batch.push(row);
        if (batch.length === BATCH) {
          yield batch;
          batch = [];
        }
      }
      if (batch.length > 0) yield batch;
    },
    close: async () => database.close(),
  };
}

/** As it is written, where it is no address: `%` may stand in a name. */
function pathOf(written: string): string {
  try {
    return decodeURI(written);
  } catch {
    return written;
  }
}
