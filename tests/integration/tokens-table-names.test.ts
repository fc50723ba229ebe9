// Proves that a table of sessions may have any name in any schema, and that one which is looked for elsewhere is named.
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { quotedTable } from "../../app/infra/database/session-layout.ts";
import { migrateSchema } from "../../app/schema/migrate-schema.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();
const endings: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of endings.reverse()) await end();
});

test.each([
  { name: "my'table", schema: "public" },
  { name: 'a"b', schema: "my'schema" },
  { name: "x.y $1 $& %I \\", schema: 'a"b' },
])("a table named $name in $schema is one like any other", async ({ name, schema }) => {
  const quoted = quotedTable({ name, schema });
  const database = await createTestDatabase({ empty: true });
  endings.push(() => database.drop());
  await database.query(`CREATE SCHEMA IF NOT EXISTS ${quotedTable({ name: schema })}`);
  const url = `${database.url}?schema=${encodeURIComponent(schema)}`;
  await migrateSchema(url, { sessions: { name, layout: "prisma" } });
  const pool = new pg.Pool({ connectionString: database.url });
  endings.push(() => pool.end());
  const tokens = h.process({ database: pool, sessions: { name, schema, layout: "prisma" } });
  const shop = `odd-${name.length}-${schema.length}.myshopify.com`;
  await h.sandbox.client.installShop(shop, { token: "none" });
  expect(await tokens.storageProblem()).toBeUndefined();
  await tokens.getSession(shop, { idToken: await h.sandbox.client.idToken(shop) });
  expect(await database.query(`SELECT "shop" FROM ${quoted} WHERE "refreshToken" <> ''`)).toEqual([{ shop }]);
});

test.each([
  { table: `shop_app."Session"`, layout: "prisma", name: "Session", schema: "shop_app" },
  { table: `public."session"`, layout: "prisma", name: "session", schema: "public" },
  { table: `public."Session"`, layout: "postgresql", name: "Session", schema: "public" },
] as const)(
  "an app that looks for its sessions elsewhere than in $table is told how to name it, not to migrate again (layout $layout)",
  async ({ table, layout, name, schema }) => {
    const database = await createTestDatabase({ empty: true });
    endings.push(() => database.drop());
    await migrateSchema(database.url);
    await database.query(`ALTER TABLE "Session" RENAME TO made`);
    await database.query(`CREATE SCHEMA shop_app`);
    await database.query(`CREATE TABLE ${table} (LIKE made INCLUDING ALL)`);
    await database.query(`DROP TABLE made`);
    const pool = new pg.Pool({ connectionString: database.url });
    endings.push(() => pool.end());
    expect(await h.process({ database: pool, sessions: { layout } }).storageProblem()).toMatchObject({
      kind: "schema_behind",
      remedy: expect.stringContaining(`sessions: { name: '${name}', schema: '${schema}', layout: 'prisma' }`),
    });
    const sessions = { name, schema, layout: "prisma" } as const;
    expect(await h.process({ database: pool, sessions }).storageProblem()).toBeUndefined();
  },
);
