import { quoteIdent } from "../infra/database/quote.ts";
import { OWN_SCHEMA, type Connection, type Step } from "./own-schema.ts";

/**
 * The tables of version 0.1.0, which lay beside `Session`. A table is taken over by its columns, never by its name alone: an app may have
 * a table `Shop` of its own.
 */
const TABLES: Record<string, { knownBy: string[]; create: string[] }> = {
  ShopToken: {
    knownBy: ["shop", "generation", "leaseOwner", "leaseExpiresAt", "needsReauthWhy"],
    create: [
      `CREATE TABLE "ShopToken" (
         "shop" text PRIMARY KEY,
         "generation" integer NOT NULL DEFAULT 0,
         "leaseOwner" text,
         "leaseExpiresAt" timestamptz(3),
         "needsReauthAt" timestamptz(3),
         "needsReauthWhy" text,
         "suspendedAt" timestamptz(3),
         "suspendedWhy" text,
         "uninstalledAt" timestamptz(3),
         "acquiredAt" timestamptz(3),
         "migratedAt" timestamptz(3),
         "refreshedAt" timestamptz(3))`,
      `CREATE INDEX "ShopToken_needsReauthAt_idx" ON "ShopToken" ("needsReauthAt")`,
      `CREATE INDEX "ShopToken_suspendedAt_idx" ON "ShopToken" ("suspendedAt")`,
    ],
  },
  TokenEvent: {
    knownBy: ["id", "shop", "at", "kind", "generation", "code", "detail"],
    create: [
      `CREATE TABLE "TokenEvent" (
         "id" bigserial PRIMARY KEY,
         "shop" text NOT NULL,
         "at" timestamptz(3) NOT NULL DEFAULT now(),
         "kind" text NOT NULL,
         "generation" integer,
         "code" text,
         "detail" text)`,
      `CREATE INDEX "TokenEvent_shop_id_idx" ON "TokenEvent" ("shop", "id")`,
      `CREATE INDEX "TokenEvent_at_idx" ON "TokenEvent" ("at")`,
    ],
  },
  Shop: {
    knownBy: ["shop", "name", "plan", "fetchedAt"],
    create: [
      `CREATE TABLE "Shop" (
         "shop" text PRIMARY KEY,
         "name" text NOT NULL,
         "plan" text NOT NULL,
         "fetchedAt" timestamptz(3) NOT NULL)`,
    ],
  },
  ParkedJob: {
    knownBy: ["shop", "job", "reason", "code", "generation", "parkedAt", "retryAt"],
    create: [
      `CREATE TABLE "ParkedJob" (
         "shop" text NOT NULL,
         "job" text NOT NULL,
         "reason" text NOT NULL,
         "code" text NOT NULL,
         "generation" integer NOT NULL,
         "parkedAt" timestamptz(3) NOT NULL DEFAULT now(),
         "retryAt" timestamptz(3),
         PRIMARY KEY ("shop", "job"))`,
      `CREATE INDEX "ParkedJob_retryAt_idx" ON "ParkedJob" ("retryAt")`,
    ],
  },
  MigrationRun: {
    knownBy: ["id", "status", "dryRun", "drained", "pacing", "leaderSeenAt"],
    create: [
      `CREATE TABLE "MigrationRun" (
         "id" text PRIMARY KEY,
         "status" text NOT NULL,
         "dryRun" boolean NOT NULL DEFAULT false,
         "options" jsonb NOT NULL,
         "startedAt" timestamptz(3) NOT NULL DEFAULT now(),
         "finishedAt" timestamptz(3),
         "stopRequested" boolean NOT NULL DEFAULT false,
         "haltReason" text,
         "total" integer,
         "taken" integer NOT NULL DEFAULT 0,
         "cursor" text NOT NULL DEFAULT '',
         "wave" integer NOT NULL DEFAULT 0,
         "drained" boolean NOT NULL DEFAULT false,
         "leader" text,
         "leaderSeenAt" timestamptz(3),
         "allowedRate" double precision,
         "pacing" jsonb,
         "pausedUntil" timestamptz(3),
         "recentRate" double precision NOT NULL DEFAULT 0,
         "notice" text,
         "permanentTokens" integer,
         "migratableTokens" integer,
         "legacyPrefixRows" integer,
         "plan" jsonb)`,
      `CREATE INDEX "MigrationRun_startedAt_idx" ON "MigrationRun" ("startedAt")`,
      // Never two runs at a time.
      `CREATE UNIQUE INDEX "MigrationRun_running_key" ON "MigrationRun" ("status") WHERE "status" = 'running'`,
    ],
  },
  MigrationWorker: {
    knownBy: ["runId", "id", "seenAt", "stats"],
    create: [
      `CREATE TABLE "MigrationWorker" (
         "runId" text NOT NULL REFERENCES "MigrationRun" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
         "id" text NOT NULL,
         "seenAt" timestamptz(3) NOT NULL DEFAULT now(),
         "stats" jsonb NOT NULL DEFAULT '{}',
         PRIMARY KEY ("runId", "id"))`,
    ],
  },
  MigrationOutcome: {
    knownBy: ["runId", "shop", "outcome", "claimedBy", "claimedAt"],
    create: [
      `CREATE TABLE "MigrationOutcome" (
         "runId" text NOT NULL REFERENCES "MigrationRun" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
         "shop" text NOT NULL,
         "outcome" text NOT NULL,
         "code" text,
         "message" text,
         "attempts" integer NOT NULL DEFAULT 0,
         "retryable" boolean NOT NULL DEFAULT false,
         "wave" integer NOT NULL DEFAULT 0,
         "claimedBy" text,
         "claimedAt" timestamptz(3) NOT NULL DEFAULT now(),
         "retryAt" timestamptz(3),
         "at" timestamptz(3) NOT NULL DEFAULT now(),
         PRIMARY KEY ("runId", "shop"))`,
      `CREATE INDEX "MigrationOutcome_runId_outcome_shop_idx" ON "MigrationOutcome" ("runId", "outcome", "shop")`,
      // The few shops of a run that are not finished: which are due, and whether there are any.
      `CREATE INDEX "MigrationOutcome_open_idx" ON "MigrationOutcome" ("runId", "outcome", "retryAt")
         WHERE "outcome" IN ('claimed', 'waiting')`,
    ],
  },
  MigrationTally: {
    knownBy: ["runId", "wave", "outcome", "code", "shops"],
    create: [
      `CREATE TABLE "MigrationTally" (
         "runId" text NOT NULL REFERENCES "MigrationRun" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
         "wave" integer NOT NULL,
         "outcome" text NOT NULL,
         "code" text NOT NULL,
         "shops" integer NOT NULL,
         PRIMARY KEY ("runId", "wave", "outcome", "code"))`,
    ],
  },
};

/**
 * Makes our tables, or takes over those of version 0.1.0 with their rows. Where a table is taken over, a view of the old name is left
 * behind, so that instances of that version go on working during the deployment.
 */
export const ownTables: Step = {
  name: "0001-tables",
  async plan(connection, place) {
    const statements = [`SET LOCAL search_path TO ${OWN_SCHEMA}`];
    for (const [name, { knownBy, create }] of Object.entries(TABLES)) {
      const own = `${OWN_SCHEMA}.${quoteIdent(name)}`;
      const old = `${quoteIdent(place.appSchema)}.${quoteIdent(name)}`;
      if (await isTable(connection, OWN_SCHEMA, name)) continue;
      if (await isTable(connection, place.appSchema, name, knownBy)) {
        statements.push(`ALTER TABLE ${old} SET SCHEMA ${OWN_SCHEMA}`, `CREATE VIEW ${old} AS SELECT * FROM ${own}`);
      } else {
        statements.push(...create);
      }
    }
    return statements;
  },
};

/** Whether a table of that name has at least those columns. */
async function isTable(connection: Connection, schema: string, name: string, columns: string[] = []): Promise<boolean> {
  const { rows } = await connection.query<{ column: string }>(
    `SELECT a.attname::text AS column FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')`,
    [schema, name],
  );
  const found = new Set(rows.map(({ column }) => column));
  return found.size > 0 && columns.every((column) => found.has(column));
}
