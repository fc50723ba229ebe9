import { OperatorError } from "../operator-error.ts";
import { BATCH, chooseTable, loadClient, type SessionSource } from "./session-source.ts";
import type { RawRow } from "./to-session.ts";

/** Opens `mysql://user:password@host/database` with the package mysql2. @throws OperatorError */
export async function openMysql(from: string, table?: string): Promise<SessionSource> {
  const { createConnection } = await loadClient("mysql2", () => import("mysql2/promise"));
  const { host, pathname } = new URL(from);
  const connection = await createConnection({
    uri: from,
    timezone: "Z",
    supportBigNumbers: true,
    connectTimeout: 10_000,
  }).catch((error: NodeJS.ErrnoException) => {
    const reason = error.message || error.code || "no answer";
    throw new OperatorError("no_source", `${host} cannot be read: ${reason}`, "Look at the address after --from.", {
      cause: error,
    });
  });
  try {
    const [tables] = await connection.query(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = database()",
    );
    const chosen = chooseTable(
      (tables as { name: string }[]).map(({ name }) => name),
      table,
    );
    const quoted = `\`${chosen.replaceAll("`", "``")}\``;
    return {
      name: `${host}${pathname}, table ${chosen}`,
      async *batches() {
        for (let last = ""; ;) {
          const [rows] = await connection.query(`SELECT * FROM ${quoted} WHERE id > ? ORDER BY id LIMIT ${BATCH}`, [
            last,
          ]);
          const batch = rows as RawRow[];
          if (batch.length > 0) yield batch;
          if (batch.length < BATCH) return;
          last = String(batch.at(-1)!.id);
        }
      },
      close: () => connection.end(),
    };
  } catch (error) {
    await connection.end();
    throw error;
  }
}
