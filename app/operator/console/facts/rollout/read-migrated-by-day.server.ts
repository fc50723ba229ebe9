import sql from "sql-template-tag";
import type { Database } from "../../../../infra/database/database.ts";
import { keptCount } from "../../../../tokens/records/kept-count.ts";
import { LOOKED_BACK_DAYS } from "./burn-down.ts";

/**
 * How many shops were migrated on each of the last days, in UTC: `{"2026-11-27": 120}`. Reads the table of shops from one end to the other,
 * so a large result may be a little old (docs/benchmarks/console.md).
 */
export async function readMigratedByDay(db: Database): Promise<Record<string, number>> {
  return keptCount(db, "migratedByDay", () => countByDay(db), sum);
}

async function countByDay(db: Database): Promise<Record<string, number>> {
  const rows = await db.query<{ day: string; shops: number }[]>(sql`
    SELECT to_char("migratedAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS "day", count(*)::int AS "shops"
    FROM expand_contract."ShopToken" WHERE "migratedAt" > now() - ${LOOKED_BACK_DAYS + 1} * interval '1 day' GROUP BY 1`);
  return Object.fromEntries(rows.map(({ day, shops }) => [day, shops]));
}

function sum(byDay: Record<string, number>): number {
  return Object.values(byDay).reduce((total, shops) => total + shops, 0);
}
