// Proves that `migrateSchema` brings every kind of database to the current schema, whole or not at all, without holding up its traffic.
import pg from "pg";
import { describe, expect, test } from "vitest";
import { migrateSchema } from "../../app/schema/migrate-schema.ts";
import { SESSION_INDEXES } from "../../app/schema/steps.ts";
import { databaseWith, EARLIER_VERSION, ROW, shapeOf, tablesIn, TEMPLATE_SESSION } from "./schema-harness.ts";

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
