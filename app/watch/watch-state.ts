import sql from "sql-template-tag";
import type { Database } from "../infra/database/database.ts";

const ALERT = "alert:";

/**
 * Remembers what was seen under a name.
 * @returns since when it is so, in milliseconds by the database's clock.
 */
export async function noteSeen(db: Database, name: string, value: string): Promise<number> {
  const [row] = await db.query<[{ ms: number }]>(sql`
    INSERT INTO expand_contract."WatchState" AS w ("name", "value") VALUES (${name}, ${value})
    ON CONFLICT ("name") DO UPDATE SET "value" = excluded."value",
      "since" = CASE WHEN w."value" = excluded."value" THEN w."since" ELSE now() END
    RETURNING extract(epoch FROM now() - "since")::float8 * 1000 AS "ms"`);
  return row.ms;
}

/** Which step of each alert was reported and not yet resolved. */
export async function readReported(db: Database): Promise<Map<string, string>> {
  const rows = await db.query<{ name: string; reported: string }[]>(sql`
    SELECT substr("name", ${ALERT.length + 1}::int) AS "name", "reported" FROM expand_contract."WatchState"
    WHERE starts_with("name", ${ALERT}) AND "reported" IS NOT NULL`);
  return new Map(rows.map(({ name, reported }) => [name, reported]));
}

/** Remembers that a step of an alert was reported; undefined: that it was reported as resolved. */
export async function noteReported(db: Database, name: string, step: string | undefined): Promise<void> {
  await db.execute(sql`
    INSERT INTO expand_contract."WatchState" AS w ("name", "value", "reported")
    VALUES (${ALERT + name}, ${step ?? "resolved"}, ${step ?? null})
    ON CONFLICT ("name") DO UPDATE SET "value" = excluded."value", "reported" = excluded."reported", "since" = now()`);
}
