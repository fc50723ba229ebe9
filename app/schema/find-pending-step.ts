import type { Database } from "../infra/database/database.ts";
import { OWN_SCHEMA, type Connection } from "./own-schema.ts";
import { STEPS } from "./steps.ts";

/** The names of the steps that a database has, or undefined where our schema is missing. */
export async function appliedSteps(connection: Connection): Promise<Set<string> | undefined> {
  const { rows: tables } = await connection.query<{ found: boolean }>(
    `SELECT to_regclass('${OWN_SCHEMA}."SchemaStep"') IS NOT NULL AS "found"`,
  );
  if (!tables[0]?.found) return undefined;
  const { rows } = await connection.query<{ name: string }>(`SELECT "name" FROM ${OWN_SCHEMA}."SchemaStep"`);
  return new Set(rows.map(({ name }) => name));
}

/**
 * The first step that the database does not have, or undefined when its schema is current. Steps that it has and this release does not
 * know are fine: a newer release runs beside this one.
 * @throws when the database cannot be reached.
 */
export async function findPendingStep(db: Database): Promise<string | undefined> {
  const applied = await appliedSteps({ query: async (text) => ({ rows: await db.query({ text, values: [] }) }) });
  return STEPS.find(({ name }) => !applied?.has(name))?.name;
}
