// Proves that the built app does all of its work with the rights of prisma/least-rights.sql, and that these allow nothing more.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { deployMigrations } from "../../scripts/deploy-migrations.ts";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { signInToConsole } from "../support/console-visitor.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { merchantOf } from "../support/app-requests.ts";
import { startTestSandbox } from "../support/sandbox.ts";

const suffix = randomBytes(4).toString("hex");
const OWNER = `owner_${suffix}`;
const APP = `app_${suffix}`;
const DATABASE = `rights_${suffix}`;
const PASSWORD = randomBytes(12).toString("hex");

let admin: pg.Client;
let owner: pg.Client;
let asApp: pg.Client;
let sandbox: Sandbox;
let app: TestApp;

function urlOf(role: string): string {
  const url = new URL(inject("postgres").adminUrl);
  return Object.assign(url, { username: role, password: PASSWORD, pathname: `/${DATABASE}` }).href;
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

beforeAll(async () => {
  admin = await connect(inject("postgres").adminUrl);
  for (const role of [OWNER, APP]) await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
  await admin.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER}`);
  await deployMigrations(urlOf(OWNER));
  const pgBoss = join(PROJECT_ROOT, "node_modules/pg-boss/dist/cli.js");
  await promisify(execFile)(process.execPath, [
    pgBoss,
    "create",
    "--schema",
    "expand_contract_jobs",
    "--connection-string",
    urlOf(OWNER),
  ]);
  const rights = await readFile(join(PROJECT_ROOT, "prisma/least-rights.sql"), "utf8");
  owner = await connect(urlOf(OWNER));
  await owner.query(rights.replaceAll("expand_contract_owner", OWNER).replaceAll("expand_contract_app", APP));
  sandbox = await startTestSandbox({ app: { tomlPath: "shopify.app.toml" } });
  app = await startTestApp({ sandbox, databaseUrl: urlOf(APP) });
  await sandbox.client.app({ deliverTo: app.url });
  asApp = await connect(urlOf(APP));
}, 60_000);

afterAll(async () => {
  await app?.stop();
  await sandbox?.close();
  await owner?.end();
  await admin.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  for (const role of [APP, OWNER]) await admin.query(`DROP ROLE IF EXISTS ${role}`);
  await admin.end();
});

const rowsOf = async (table: string, shop: string) =>
  (
    await owner.query(`SELECT 1 FROM ${table === "Session" ? "" : "expand_contract."}"${table}" WHERE "shop" = $1`, [
      shop,
    ])
  ).rowCount;

it("installs, works in the background, hears of scopes, uninstallation and redaction", async () => {
  const shop = "least.myshopify.com";
  await sandbox.client.installShop(shop);
  const merchant = merchantOf(app, sandbox);
  expect((await merchant.open(shop)).status).toBe(200);
  expect(await rowsOf("Session", shop)).toBe(1);
  // The job that follows an installation has run.
  await expect.poll(() => rowsOf("Shop", shop), { timeout: 15_000 }).toBe(1);
  expect((await sandbox.client.sendWebhook(shop, "app/scopes_update")).status).toBe(200);
  expect((await sandbox.client.uninstall(shop))?.attempts.at(-1)?.status).toBe(200);
  expect((await sandbox.client.sendWebhook(shop, "shop/redact")).status).toBe(200);
  for (const table of ["Session", "ShopToken", "Shop"]) expect(await rowsOf(table, shop), table).toBe(0);
});

it("migrates, and reports", async () => {
  const installed = await sandbox.client.installShops(
    ["one", "two"].map((name) => ({ shop: `${name}.myshopify.com`, token: "permanent" as const })),
  );
  for (const { shop, accessToken } of installed) {
    await owner.query(
      `INSERT INTO "Session" ("id", "shop", "state", "scope", "accessToken") VALUES ($1, $2, '', 'read_products', $3)`,
      [`offline_${shop}`, shop, accessToken],
    );
  }
  const headers = { Authorization: `Bearer ${app.migrationSecret}`, "Content-Type": "application/json" };
  const started = await fetch(`${app.url}/admin/migrate-tokens`, {
    method: "POST",
    headers,
    body: '{"waitSeconds":15}',
  });
  expect(await started.json()).toMatchObject({ status: "completed", migrated: 2, permanentTokens: 0 });
  for (const path of ["/admin/token-health", "/admin/dead-letters", "/metrics"])
    expect((await fetch(app.url + path, { headers })).status, path).toBe(200);
});

it("was refused nothing", () => {
  expect(app.logs()).not.toMatch(/permission denied|must be owner/);
});

it.each([
  ["make a table", `CREATE TABLE "Extra" ()`],
  ["make a schema", `CREATE SCHEMA extra`],
  ["change a table", `ALTER TABLE "Session" ADD COLUMN "extra" text`],
  ["drop a table", `DROP TABLE "Session"`],
  ["empty a table", `TRUNCATE expand_contract."TokenEvent"`],
  ["rewrite what was deployed", `DELETE FROM expand_contract."SchemaStep"`],
  ["change the queue's tables", `DROP TABLE expand_contract_jobs.schedule`],
  ["read another's table", `SELECT * FROM pg_authid`],
])("may not %s", async (_what, sql) => {
  await expect(asApp.query(sql)).rejects.toThrow(/permission denied|must be owner/);
});

it("names every table of the app", async () => {
  const { rows } = await owner.query<{ name: string }>(
    `SELECT DISTINCT tablename AS name FROM pg_tables, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
     WHERE schemaname IN ('public', 'expand_contract', 'expand_contract_jobs') AND tablename <> 'SchemaStep'
       AND NOT has_table_privilege($1, format('%I.%I', schemaname, tablename), privilege)`,
    [APP],
  );
  expect(rows, "tables that prisma/least-rights.sql does not grant").toEqual([]);
});

it("tells everyone to come again where the database refuses its login", async () => {
  const operator = await signInToConsole(app, app.migrationSecret);
  const headers = { Authorization: `Bearer ${app.migrationSecret}` };
  await asApp.end();
  await admin.query(`ALTER ROLE ${APP} NOLOGIN`);
  try {
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`, [APP]);
    const asked = () =>
      Promise.all([
        ...["/admin", "/admin/runs", "/admin/shops"].map((path) => operator.get(path)),
        ...["/admin/token-health", "/admin/dead-letters"].map((path) => fetch(app.url + path, { headers })),
        fetch(`${app.url}/auth/login?shop=a`, { redirect: "manual" }),
      ]);
    // A connection that was just ended answers one request in its own way.
    await asked();
    const answers = await asked();
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    expect(answers.map((answer) => answer.headers.get("retry-after"))).toEqual(answers.map(() => "5"));
  } finally {
    await admin.query(`ALTER ROLE ${APP} LOGIN`);
  }
});
