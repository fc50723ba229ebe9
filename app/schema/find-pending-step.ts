import type { Database } from "../infra/database/db.server.ts";
import { OWN_SCHEMA } from "./own-schema.ts";
import { STEPS } from "./steps.ts";

/**
 * The first step that the database does not have, or undefined when its schema is current. Steps that it has and this release does not
 * know are fine: a newer release runs beside this one.
 * @throws when the database cannot be reached.
 */
export async function findPendingStep(db: Database): Promise<string | undefined> {
  const [table] = await db.$queryRawUnsafe<{ found: boolean }[]>(
    `SELECT to_regclass('${OWN_SCHEMA}."SchemaStep"') IS NOT NULL AS "found"`,
  );
  if (!table?.found) return STEPS[0]?.name;
  const rows = await db.$queryRawUnsafe<{ name: string }[]>(`SELECT "name" FROM ${OWN_SCHEMA}."SchemaStep"`);
  const applied = new Set(rows.map(({ name }) => name));
  return STEPS.find(({ name }) => !applied.has(name))?.name;
}
