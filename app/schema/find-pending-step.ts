import type { Database } from "../infra/database/database.ts";
import { OWN_SCHEMA } from "./own-schema.ts";
import { STEPS } from "./steps.ts";

/**
 * The first step that the database does not have, or undefined when its schema is current. Steps that it has and this release does not
 * know are fine: a newer release runs beside this one.
 * @throws when the database cannot be reached.
 */
export async function findPendingStep(db: Database): Promise<string | undefined> {
  const [table] = await db.query<{ found: boolean }[]>({
    text: `SELECT to_regclass('${OWN_SCHEMA}."SchemaStep"') IS NOT NULL AS "found"`,
    values: [],
  });
  if (!table?.found) return STEPS[0]?.name;
  const rows = await db.query<{ name: string }[]>({
    text: `SELECT "name" FROM ${OWN_SCHEMA}."SchemaStep"`,
    values: [],
  });
  const applied = new Set(rows.map(({ name }) => name));
  return STEPS.find(({ name }) => !applied.has(name))?.name;
}
