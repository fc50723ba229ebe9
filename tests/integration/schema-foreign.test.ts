// Proves that `migrateSchema` leaves tables that are not its own alone, knows sessions under another name or behind a view, and says in words what it refuses.
import pg from "pg";
import { describe, expect, test } from "vitest";
import { migrateSchema } from "../../app/schema/migrate-schema.ts";
import { databaseWith, shapeOf, tablesIn, TEMPLATE_SESSION, userOf } from "./schema-harness.ts";

describe("tables that are not ours", () => {
  test("an app's own tables Shop and MigrationRun are left alone", async () => {
    const database = await databaseWith(
      TEMPLATE_SESSION,
      `CREATE TABLE "Shop" ("id" serial PRIMARY KEY, "domain" text)`,
      `CREATE TABLE "MigrationRun" ("id" serial PRIMARY KEY)`,
      `INSERT INTO "Shop" ("domain") VALUES ('a')`,
    );
    await migrateSchema(database.url);
    expect(await database.query(`SELECT * FROM public."Shop"`)).toEqual([{ id: 1, domain: "a" }]);
    expect(await tablesIn(database, "expand_contract")).toEqual(expect.arrayContaining(["MigrationRun", "Shop"]));
  });

  test("?schema= is where Session is looked for, and made", async () => {
    const database = await databaseWith(`CREATE SCHEMA shop_app`, `SET search_path TO public`);
    await migrateSchema(`${database.url}?schema=shop_app`);
    expect(await tablesIn(database, "shop_app")).toEqual(["Session"]);
    expect(await tablesIn(database, "public")).toEqual([]);
  });

  test("a schema that does not exist is refused by name", async () => {
    const database = await databaseWith();
    await expect(migrateSchema(`${database.url}?schema=nowhere`)).rejects.toThrow(/"nowhere"/);
    expect(await shapeOf(database)).toEqual([]);
  });

  test.each([
    { name: "behind another schema on the search path", path: "first, shop_app" },
    { name: "behind a schema of the role's name", path: '"$user", shop_app' },
  ])("sessions $name are found, and no second table is made", async ({ path }) => {
    const database = await databaseWith(
      `CREATE SCHEMA first`,
      `CREATE SCHEMA "${userOf(await databaseWith())}"`,
      `CREATE SCHEMA shop_app`,
      TEMPLATE_SESSION.replace('"Session"', 'shop_app."Session"'),
    );
    const url = new URL(database.url);
    url.searchParams.set("options", `-c search_path=${path.replaceAll(" ", "")}`);
    await migrateSchema(url.href);
    expect(
      await database.query(
        `SELECT table_schema::text AS "schema" FROM information_schema.columns WHERE column_name = 'refreshToken' AND table_name = 'Session'`,
      ),
    ).toEqual([{ schema: "shop_app" }]);
    expect(await database.query(`SELECT FROM pg_tables WHERE tablename = 'Session'`)).toHaveLength(1);
  });

  test("sessions in a schema that the search path does not lead to are named, unless the address says where ours are to be", async () => {
    const database = await databaseWith(
      `CREATE SCHEMA "shop app"`,
      TEMPLATE_SESSION.replace('"Session"', '"shop app"."Session"'),
    );
    await expect(migrateSchema(database.url)).rejects.toMatchObject({
      code: "session_table_elsewhere",
      message: expect.stringMatching(/"shop app"\."Session".*\?schema=shop%20app.*\?schema=public/s),
    });
    expect(await tablesIn(database, "public")).toEqual([]);
    await migrateSchema(`${database.url}?schema=public`);
    expect(await tablesIn(database, "public")).toEqual(["Session"]);
    expect(await migrateSchema(database.url)).toEqual([]);
  });

  test("a search path that leads nowhere is refused in words", async () => {
    const database = await databaseWith(TEMPLATE_SESSION);
    await expect(migrateSchema(`${database.url}?options=-c%20search_path%3Dshop_ap`)).rejects.toMatchObject({
      code: "no_schema",
      message: expect.stringContaining("?schema="),
    });
    expect(await tablesIn(database, "expand_contract")).toEqual([]);
  });

  test.each(["session", "sessions", "shopify_sessions"])(
    "sessions in a table called %s: no second, empty one beside it",
    async (name) => {
      const database = await databaseWith(`CREATE TABLE "${name}" ("id" text PRIMARY KEY)`);
      await expect(migrateSchema(database.url)).rejects.toMatchObject({
        code: "session_table_named_differently",
        message: expect.stringContaining(`"${name}"`),
      });
      expect(await tablesIn(database, "expand_contract")).toEqual([]);
    },
  );

  test("sessions under a name that nobody has thought of are known by their columns", async () => {
    const database = await databaseWith(
      "CREATE SCHEMA shop",
      TEMPLATE_SESSION.replace('"Session"', "shop.shopify_session"),
    );
    const url = `${database.url}?schema=shop`;
    await expect(migrateSchema(url)).rejects.toMatchObject({
      code: "session_table_named_differently",
      message: expect.stringContaining('"shopify_session"'),
    });
    expect(await tablesIn(database, "shop")).toEqual(["shopify_session"]);
  });

  test("a view named Session over a table of another name serves as one", async () => {
    const database = await databaseWith(
      TEMPLATE_SESSION.replace('"Session"', '"AppSession"'),
      `ALTER TABLE "AppSession" ADD COLUMN "firstName" text, ADD COLUMN "lastName" text, ADD COLUMN "email" text, ADD COLUMN "accountOwner" boolean,
         ADD COLUMN "locale" text, ADD COLUMN "collaborator" boolean, ADD COLUMN "emailVerified" boolean, ADD COLUMN "refreshToken" text,
         ADD COLUMN "refreshTokenExpires" timestamp(3)`,
      `CREATE VIEW "Session" AS SELECT * FROM "AppSession"`,
    );
    await migrateSchema(database.url);
    expect(await tablesIn(database, "public")).toEqual(["AppSession"]);
  });

  test("a view that lacks a column is named with it, and nothing is changed", async () => {
    const database = await databaseWith(
      TEMPLATE_SESSION.replace('"Session"', '"AppSession"'),
      `CREATE VIEW "Session" AS SELECT * FROM "AppSession"`,
    );
    await expect(migrateSchema(database.url)).rejects.toThrow(/"refreshToken"/);
    expect(await tablesIn(database, "expand_contract")).toEqual([]);
  });

  test("a table Session that holds something else is refused, and nothing is changed", async () => {
    const database = await databaseWith(`CREATE TABLE "Session" ("id" serial PRIMARY KEY, "startedAt" timestamptz)`);
    const before = await shapeOf(database);
    await expect(migrateSchema(database.url)).rejects.toMatchObject({ code: "session_table_foreign" });
    expect(await shapeOf(database)).toEqual(before);
  });
});

describe("a dry run and refusals", () => {
  test("a dry run prints the statements and changes nothing", async () => {
    const database = await databaseWith(TEMPLATE_SESSION);
    const before = await shapeOf(database);
    const printed: string[] = [];
    await migrateSchema(database.url, { dryRun: true, onStatement: (sql) => printed.push(sql) });
    expect(printed.join("\n")).toContain('ADD COLUMN "refreshToken" text');
    expect(await shapeOf(database)).toEqual(before);
    // What was printed is the whole of it: run by hand, it leaves nothing to do but to record the steps.
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    for (const sql of printed)
      await client.query(sql.startsWith("SET LOCAL search_path") ? sql.replace("LOCAL ", "") : sql);
    await client.end();
    expect(await migrateSchema(database.url)).toEqual([]);
  });

  test("a role without the right is told which statement the owner must run", async () => {
    const database = await databaseWith(TEMPLATE_SESSION);
    const role = `weak_${database.name}`;
    await database.query(`CREATE ROLE "${role}" LOGIN PASSWORD 'x'`);
    const url = new URL(database.url);
    url.username = role;
    url.password = "x";
    await expect(migrateSchema(url.href)).rejects.toMatchObject({
      code: "insufficient_privilege",
      message: expect.stringContaining('ALTER TABLE "public"."Session" ADD COLUMN'),
    });
    await database.query(`DROP ROLE "${role}"`);
  });

  test("every role that may write Session may use our tables", async () => {
    const database = await databaseWith(TEMPLATE_SESSION);
    const role = `app_${database.name}`;
    await database.query(`CREATE ROLE "${role}"`);
    await database.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON "Session" TO "${role}"`);
    await migrateSchema(database.url);
    const [row] = await database.query<{ may: boolean }>(
      `SELECT has_table_privilege($1, 'expand_contract."ShopToken"', 'INSERT') AS may`,
      [role],
    );
    expect(row?.may).toBe(true);
    await database.query(`DROP OWNED BY "${role}"`);
    await database.query(`DROP ROLE "${role}"`);
  });

  test.each(["file:dev.sqlite", "mysql://localhost/app", "not a url"])("%s is refused in words", async (url) => {
    await expect(migrateSchema(url)).rejects.toThrow(/must start with postgresql:/);
  });
});
