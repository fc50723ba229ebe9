import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { execute } from "./execute.ts";

export interface TestDatabase {
  name: string;
  /** For DATABASE_URL. */
  url: string;
  /** Runs one statement and returns its rows. */
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Drops the database, whoever is still connected. */
  drop(): Promise<void>;
}

const IN_USE = "55006";
const CLONE_ATTEMPTS = 20;

/**
 * A database of its own, at the current schema, cloned from the run's template in about 50 ms. Only in the projects
 * `integration`, `crash` and `browser`.
 * @param options.empty nothing in it at all, instead of the current schema.
 */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const postgres = inject("postgres") as ReturnType<typeof inject<"postgres">> | undefined;
  if (!postgres) throw new Error("this test project has no Postgres: put the test into tests/integration");
  const name = `test_${randomBytes(6).toString("hex")}`;
  if (options.empty) await execute(postgres.adminUrl, `CREATE DATABASE "${name}" TEMPLATE template0`);
  else await clone(postgres.adminUrl, postgres.template, name);
  const target = new URL(postgres.adminUrl);
  target.pathname = `/${name}`;
  const url = target.href;
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on("error", () => {});
  return {
    name,
    url,
    async query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]) {
      return (await pool.query<Row>(sql, values)).rows;
    },
    async drop() {
      await pool.end();
      await execute(postgres.adminUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
    },
  };
}

/** The same for a whole test file: created before its tests, dropped after them. Read `.current` inside tests and hooks. */
export function testDatabase(): { readonly current: TestDatabase } {
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await database?.drop();
  });
  return {
    get current() {
      if (!database) throw new Error("the test database exists inside tests and hooks only");
      return database;
    },
  };
}

/** Two files may clone at once; Postgres refuses while the other one copies. */
async function clone(adminUrl: string, template: string, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await execute(adminUrl, `CREATE DATABASE "${name}" TEMPLATE "${template}" STRATEGY FILE_COPY`);
    } catch (error) {
      if ((error as { code?: string }).code !== IN_USE || attempt === CLONE_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25 * attempt));
    }
  }
}
