/** Proves that `migrateSchema` brings every kind of database to the current schema, whole or not at all, without holding up its traffic. */
import { readFileSync } from "node:fs";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { migrateSchema } from "../../app/schema/migrate-schema.ts";
import { SESSION_INDEXES } from "../../app/schema/steps.ts";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";

const EARLIER_VERSION = readFileSync("tests/fixtures/version-0.1.0.sql", "utf8");
/** As Shopify's template made it before refresh tokens existed. */
const TEMPLATE_SESSION = `CREATE TABLE "Session" ("id" text PRIMARY KEY, "shop" text NOT NULL, "state" text NOT NULL, "isOnline" boolean NOT NULL DEFAULT false,
  "scope" text, "expires" timestamp(3), "accessToken" text NOT NULL, "userId" bigint)`;
const ROW = `INSERT INTO "Session" ("id", "shop", "state", "accessToken") VALUES ('offline_a.myshopify.com', 'a.myshopify.com', '', 'shpat_a')`;

const made: TestDatabase[] = [];
afterEach(async () => {
  for (const database of made.splice(0)) await database.drop();
});

async function databaseWith(...statements: string[]): Promise<TestDatabase> {
  const database = await createTestDatabase({ empty: true });
  made.push(database);
  for (const sql of statements) await database.query(sql);
  return database;
}

function userOf({ url }: TestDatabase): string {
  return decodeURIComponent(new URL(url).username);
}

/** Every column of every table and view outside of Postgres's own schemas, as text. */
async function shapeOf(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `SELECT table_schema || '.' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS line FROM information_schema.columns
      WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}

async function tablesIn(database: TestDatabase, schema: string): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT tablename::text AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1`,
    [schema],
  );
  return rows.map(({ name }) => name);
}

describe("from any start to the same schema", () => {
  test("an empty database gets Session where the app's tables are, and everything else in a schema of its own", async () => {
    const database = await databaseWith();
    expect(await migrateSchema(database.url)).toContain("0001-tables");
    expect(await tablesIn(database, "public")).toEqual(["Session"]);
    expect(await tablesIn(database, "expand_contract")).toContain("ShopToken");
  });

  test("running it again changes nothing", async () => {
    const database = await databaseWith();
    await migrateSchema(database.url);
    const before = await shapeOf(database);
    expect(await migrateSchema(database.url)).toEqual([]);
    expect(await shapeOf(database)).toEqual(before);
  });

  test("a partitioned Session gets its indexes by its parts, and a second time nothing", async () => {
    const database = await databaseWith(
      `${TEMPLATE_SESSION} PARTITION BY HASH ("id")`,
      `CREATE TABLE "even" PARTITION OF "Session" FOR VALUES WITH (MODULUS 2, REMAINDER 0)`,
      `CREATE TABLE "odd" PARTITION OF "Session" FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
      ROW,
    );
    expect(await migrateSchema(database.url)).toContain("session-indexes");
    const invalid = await database.query(`SELECT 1 FROM pg_index WHERE NOT indisvalid`);
    expect(invalid).toEqual([]);
    const [{ count } = { count: 0 }] = await database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_indexes WHERE tablename = 'Session' AND indexname LIKE 'Session\\_%idx'`,
    );
    expect(count).toBe(SESSION_INDEXES.length);
    expect(await migrateSchema(database.url)).toEqual([]);
  });

  test("an index of another table under the name of one of ours is said at once", async () => {
    const database = await databaseWith(
      TEMPLATE_SESSION,
      `CREATE TABLE old_sessions (shop text)`,
      `CREATE INDEX "Session_shop_idx" ON old_sessions (shop)`,
    );
    await expect(migrateSchema(database.url)).rejects.toMatchObject({
      code: "index_name_taken",
      message: expect.stringMatching(/"old_sessions" has that name.*ALTER INDEX/),
    });
  });

  test.each([
    ["without Prisma history", []],
    [
      "with Prisma history",
      [
        `CREATE TABLE "_prisma_migrations" ("id" text, "migration_name" text)`,
        `INSERT INTO "_prisma_migrations" VALUES ('1', 'x')`,
      ],
    ],
  ])("a template's table is kept with its rows, %s", async (_name, more) => {
    const database = await databaseWith(TEMPLATE_SESSION, ROW, ...more);
    await migrateSchema(database.url);
    expect(await database.query(`SELECT "id", "accessToken", "refreshToken" FROM "Session"`)).toEqual([
      { id: "offline_a.myshopify.com", accessToken: "shpat_a", refreshToken: null },
    ]);
    if (more.length > 0) expect(await database.query(`SELECT * FROM "_prisma_migrations"`)).toHaveLength(1);
  });

  test("the previous version's tables are taken over with their rows, and the previous version goes on working beside it", async () => {
    const database = await databaseWith(
      EARLIER_VERSION,
      ROW,
      `INSERT INTO "ShopToken" ("shop", "generation") VALUES ('a.myshopify.com', 7)`,
      `INSERT INTO "MigrationRun" ("id", "status", "options") VALUES ('r', 'completed', '{}')`,
      `INSERT INTO "MigrationOutcome" ("runId", "shop", "outcome") VALUES ('r', 'a.myshopify.com', 'migrated')`,
    );
    await migrateSchema(database.url);
    expect(await database.query(`SELECT "generation" FROM expand_contract."ShopToken"`)).toEqual([{ generation: 7 }]);
    expect(await database.query(`SELECT "outcome" FROM expand_contract."MigrationOutcome"`)).toEqual([
      { outcome: "migrated" },
    ]);

    // What the earlier version writes, in its own words.
    await database.query(
      `INSERT INTO "ShopToken" AS t ("shop", "leaseOwner", "leaseExpiresAt") VALUES ('a.myshopify.com', 'me', now())
       ON CONFLICT ("shop") DO UPDATE SET "leaseOwner" = 'me' WHERE t."leaseOwner" IS NULL RETURNING t."generation"`,
    );
    await database.query(`INSERT INTO "TokenEvent" ("shop", "kind") VALUES ('a.myshopify.com', 'refreshed')`);
    await database.query(`DELETE FROM "MigrationRun" WHERE "id" = 'r'`);
    expect(await database.query(`SELECT "leaseOwner", "generation" FROM expand_contract."ShopToken"`)).toEqual([
      { leaseOwner: "me", generation: 7 },
    ]);
    expect(await database.query(`SELECT "kind" FROM expand_contract."TokenEvent"`)).toEqual([{ kind: "refreshed" }]);
    expect(await database.query(`SELECT * FROM expand_contract."MigrationOutcome"`)).toEqual([]);
  });

  test("every start ends in the same columns of our tables", async () => {
    const own = async (...statements: string[]) => {
      const database = await databaseWith(...statements);
      await migrateSchema(database.url);
      return (await shapeOf(database)).filter((line) => line.startsWith("expand_contract."));
    };
    const fromNothing = await own();
    expect(await own(EARLIER_VERSION)).toEqual(fromNothing);
    expect(await own(TEMPLATE_SESSION)).toEqual(fromNothing);
  });
});

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

describe("beside traffic", () => {
  test("a long read elsewhere holds up nobody: the step gives way and comes again", async () => {
    const database = await databaseWith(TEMPLATE_SESSION, ROW);
    const reader = new pg.Client({ connectionString: database.url });
    await reader.connect();
    await reader.query("BEGIN");
    await reader.query(`SELECT * FROM "Session"`);
    const waits: string[] = [];
    const deployment = migrateSchema(database.url, { onWait: (step) => waits.push(step) });
    await expect.poll(() => waits.length, { timeout: 10_000 }).toBeGreaterThan(0);
    // The reader still holds its lock; a new reader and writer get through between two attempts.
    await database.query(`UPDATE "Session" SET "state" = 'seen'`);
    await reader.query("COMMIT");
    await reader.end();
    expect(await deployment).toContain("session");
  });

  test("a lock that is never released ends in words, with nothing changed", async () => {
    const database = await databaseWith(TEMPLATE_SESSION);
    const before = await shapeOf(database);
    const reader = new pg.Client({ connectionString: database.url });
    await reader.connect();
    await reader.query("BEGIN");
    await reader.query(`SELECT * FROM "Session"`);
    await expect(migrateSchema(database.url, { lockPatienceMs: 0 })).rejects.toMatchObject({
      code: "lock_not_available",
    });
    await reader.end();
    expect(await shapeOf(database)).toEqual(before);
  });

  test("an index of a partitioned table as a whole gives way to a writer, and comes again", async () => {
    const database = await databaseWith(
      `${TEMPLATE_SESSION} PARTITION BY HASH ("id")`,
      `CREATE TABLE "all" PARTITION OF "Session" FOR VALUES WITH (MODULUS 1, REMAINDER 0)`,
    );
    await migrateSchema(database.url);
    await database.query(`DROP INDEX "Session_shop_idx"`);
    await database.query(`CREATE INDEX "Session_shop_idx" ON ONLY "Session" ("shop")`);
    const writer = new pg.Client({ connectionString: database.url });
    await writer.connect();
    try {
      await writer.query("BEGIN");
      await writer.query(ROW);
      await expect(migrateSchema(database.url, { lockPatienceMs: 100 })).rejects.toMatchObject({
        code: "lock_not_available",
      });
      await writer.query("COMMIT");
    } finally {
      await writer.end();
    }
    await migrateSchema(database.url);
    expect(await database.query(`SELECT FROM pg_index WHERE NOT indisvalid`)).toEqual([]);
  });

  test("two deployments at a time: each step is made by one of them, and both end well", async () => {
    const [alone, shared] = [await databaseWith(TEMPLATE_SESSION), await databaseWith(TEMPLATE_SESSION)];
    const steps = (await migrateSchema(alone.url)).filter((name) => /^\d/.test(name));
    const both = (await Promise.all([migrateSchema(shared.url), migrateSchema(shared.url)])).flat();
    expect(both.filter((name) => /^\d/.test(name)).sort()).toEqual(steps);
    expect(await shapeOf(shared)).toEqual(await shapeOf(alone));
    expect(await migrateSchema(shared.url)).toEqual([]);
  });

  test("an index whose build was cut off is built again", async () => {
    const database = await databaseWith(TEMPLATE_SESSION);
    await migrateSchema(database.url);
    await database.query(
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public."Session_shop_idx"'::regclass`,
    );
    expect(await migrateSchema(database.url)).toEqual(expect.arrayContaining(["session-indexes"]));
    expect(
      await database.query(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'public."Session_shop_idx"'::regclass`),
    ).toEqual([{ indisvalid: true }]);
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
