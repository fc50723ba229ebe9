import { randomBytes } from "node:crypto";
import type { TestProject } from "vitest/node";
import { deployMigrations } from "../../scripts/deploy-migrations.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../scripts/embedded-postgres.ts";
import { execute } from "../support/execute.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where databases are cloned for test files. Absent in projects without a database. */
    postgres: { adminUrl: string; template: string };
  }
}

interface Shared {
  users: number;
  ready: Promise<{ server: EmbeddedPostgres | undefined; adminUrl: string; template: string }>;
}

// Every project of a run loads this file for itself; they share one server.
const slot = globalThis as { __testPostgres?: Shared };

/**
 * One Postgres per run, and in it one database that has been brought to the current schema by the same command as production.
 * `TEST_DATABASE_URL` (a superuser's, any database) uses a server of yours.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (slot.__testPostgres ??= { users: 0, ready: prepare() });
  shared.users++;
  const { server, adminUrl, template } = await shared.ready;
  project.provide("postgres", { adminUrl, template });
  return async () => {
    if (--shared.users > 0) return;
    delete slot.__testPostgres;
    if (server) await server.stop();
    else await dropDatabase(adminUrl, template);
  };
}

async function prepare() {
  const given = process.env.TEST_DATABASE_URL;
  const server = given ? undefined : await startEmbeddedPostgres();
  const adminUrl = given ?? server!.url();
  const template = `template_${randomBytes(5).toString("hex")}`;
  try {
    await execute(adminUrl, `CREATE DATABASE "${template}"`);
    await deployMigrations(withDatabase(adminUrl, template));
  } catch (error) {
    await server?.stop();
    throw error;
  }
  return { server, adminUrl, template };
}

function withDatabase(url: string, database: string): string {
  const result = new URL(url);
  result.pathname = `/${database}`;
  return result.href;
}

async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await execute(adminUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
}
