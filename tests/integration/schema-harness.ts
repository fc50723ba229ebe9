import { readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";

export const EARLIER_VERSION = readFileSync("tests/fixtures/version-0.1.0.sql", "utf8");
/** As Shopify's template made it before refresh tokens existed. */
export const TEMPLATE_SESSION = `CREATE TABLE "Session" ("id" text PRIMARY KEY, "shop" text NOT NULL, "state" text NOT NULL, "isOnline" boolean NOT NULL DEFAULT false,
  "scope" text, "expires" timestamp(3), "accessToken" text NOT NULL, "userId" bigint)`;
export const ROW = `INSERT INTO "Session" ("id", "shop", "state", "accessToken") VALUES ('offline_a.myshopify.com', 'a.myshopify.com', '', 'shpat_a')`;

/** An empty database in which the statements have run; dropped when the test ends. */
export async function databaseWith(...statements: string[]): Promise<TestDatabase> {
  const database = await createTestDatabase({ empty: true });
  onTestFinished(() => database.drop());
  for (const sql of statements) await database.query(sql);
  return database;
}

export function userOf({ url }: TestDatabase): string {
  return decodeURIComponent(new URL(url).username);
}

/** Every column of every table and view outside of Postgres's own schemas, as text. */
export async function shapeOf(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `SELECT table_schema || '.' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS line FROM information_schema.columns
      WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}

export async function tablesIn(database: TestDatabase, schema: string): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT tablename::text AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1`,
    [schema],
  );
  return rows.map(({ name }) => name);
}
