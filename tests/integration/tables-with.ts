import type { TestDatabase } from "../support/postgres.ts";

/**
 * The tables of a database in the text of whose rows something stands.
 * @param pattern a regular expression of Postgres; the case of letters does not matter.
 */
export async function tablesWith({ query }: Pick<TestDatabase, "query">, pattern: string): Promise<string[]> {
  const tables = await query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    if ((await query(`SELECT 1 FROM ${name} t WHERE t::text ~* $1 LIMIT 1`, [pattern])).length > 0) found.push(name);
  }
  return found;
}

/** A pattern of a shop's name, and not the end of another shop's. */
export const namedAs = (shop: string): string => `(^|[^a-z0-9-])${shop.replaceAll(".", "[.]")}`;
