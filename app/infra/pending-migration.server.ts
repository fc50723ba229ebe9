import { readdir } from "node:fs/promises";
import type { Database } from "./db.server.ts";

/**
 * The first migration of `folder` that the database does not have, or undefined when its schema is current. Migrations that
 * the database has and the folder has not are fine: a newer release runs beside this one.
 * @throws when the database cannot be reached.
 */
export async function findPendingMigration(db: Database, folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true });
  const wanted = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const applied = new Set(await appliedMigrations(db));
  return wanted.sort().find((name) => !applied.has(name));
}

async function appliedMigrations(db: Database): Promise<string[]> {
  const [table] = await db.$queryRaw<
    { found: boolean }[]
  >`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`;
  if (!table?.found) return [];
  const rows = await db.$queryRaw<{ migration_name: string }[]>`
    SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`;
  return rows.map((row) => row.migration_name);
}
