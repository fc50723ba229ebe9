/**
 * Prisma's CLI without native engines: everything runs through the JavaScript driver adapter, so that `generate`, `migrate`
 * and `migrate diff` work where binaries.prisma.sh cannot be reached. `DATABASE_URL` must be set for every command that
 * talks to a database; the placeholder below only keeps `generate` from asking for one.
 */
import { PrismaPg } from "@prisma/adapter-pg";
import type pg from "pg";
import { defineConfig } from "prisma/config";
import { poolConfig, schemaOf } from "./app/infra/database/db-pool.ts";

process.env.DATABASE_URL ??= "postgresql://localhost:5432/unset";

const TEXT_OID = 25;
/** Types of Postgres's own catalogue that adapter-pg 6.19 cannot read: `name` and `"char"`. */
const CATALOGUE_TEXT_OIDS = new Set([18, 19]);

/** Statements of the schema engine that need another wording, and why. */
function reword(sql: string): string {
  // The pool of the shadow database may still hold connections while it is dropped.
  if (sql.startsWith('DROP DATABASE "prisma_migrate_shadow')) return `${sql} WITH (FORCE)`;
  // Postgres 18 lists NOT NULL constraints in pg_constraint, a kind that the engine of Prisma 6 panics on.
  return sql.replace("contype NOT IN ('p', 'u', 'f')", "contype NOT IN ('p', 'u', 'f', 'n')");
}

/** Adapts pg's pools to what the schema engine asks of them; adapter-pg 6.19.3 alone does not. */
function mendPool(pool: pg.Pool): pg.Pool {
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<pg.QueryResult>;
  pool.query = (async (first: string | { text: string }, ...rest: unknown[]) => {
    const statement = typeof first === "string" ? reword(first) : { ...first, text: reword(first.text) };
    const result = await query(statement, ...rest);
    for (const field of result?.fields ?? []) {
      if (CATALOGUE_TEXT_OIDS.has(field.dataTypeID)) field.dataTypeID = TEXT_OID;
    }
    return result;
  }) as typeof pool.query;
  if (pool.listenerCount("error") === 0) pool.on("error", () => {});
  return pool;
}

class OfflinePrismaPg extends PrismaPg {
  override async connect() {
    const adapter = await super.connect();
    mendPool(adapter.underlyingDriver() as unknown as pg.Pool);
    return adapter;
  }

  override async connectToShadowDb() {
    const adapter = await super.connectToShadowDb();
    mendPool(adapter.underlyingDriver() as unknown as pg.Pool);
    return adapter;
  }
}

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  experimental: { adapter: true },
  engine: "js",
  adapter: async () =>
    new OfflinePrismaPg(
      // A migration may take its time.
      { ...poolConfig(process.env.DATABASE_URL ?? "", { statementTimeoutMs: 0 }), allowExitOnIdle: true },
      { schema: schemaOf(process.env.DATABASE_URL ?? "") },
    ),
});
