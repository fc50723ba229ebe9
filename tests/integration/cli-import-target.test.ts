// Proves that an import never replaces a newer pair, fits the table it writes to, and says as a command what is missing, without showing a token.
import { Session } from "@shopify/shopify-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrateSchema } from "../../app/schema/migrate-schema.ts";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { startTokens } from "./cli-harness.ts";
import {
  DAY,
  expiring,
  HOUR,
  importHarness,
  inSeconds,
  now,
  permanent,
  SESSIONS,
  STORAGE_TABLE,
} from "./import-harness.ts";

const { database, stored, imported, sqlite } = importHarness();

describe("into shopify_sessions, as the PostgreSQL storage reads it", () => {
  const SESSIONS_TABLE = { name: "shopify_sessions", layout: "postgresql" } as const;
  let target: TestDatabase;
  beforeAll(async () => {
    target = await createTestDatabase({ empty: true });
    await migrateSchema(target.url, { sessions: SESSIONS_TABLE });
  });
  afterAll(() => target?.drop());

  test("everything arrives in its own units, a dry run writes nothing, a newer pair wins, and a second time changes nothing", async () => {
    const into = { sessions: SESSIONS_TABLE, databaseUrl: target.url };
    const from = sqlite(STORAGE_TABLE("shopify_sessions"), "shopify_sessions", SESSIONS.map(inSeconds));
    expect((await imported(from, { ...into, dryRun: true })).report).toMatchObject({ inserted: 3 });
    expect(await target.query(`SELECT * FROM "shopify_sessions"`)).toEqual([]);
    expect((await imported(from, into)).report).toMatchObject({ inserted: 3, updated: 0, kept: 0 });
    expect((await imported(from, into)).report).toMatchObject({ inserted: 0, updated: 0, kept: 3 });
    const rows = await target.query(
      `SELECT "id", "expires", "refreshTokenExpires"::text AS "ends", "userId"::text FROM "shopify_sessions" ORDER BY "id" COLLATE "C"`,
    );
    expect(rows).toEqual([
      {
        id: "offline_expiring.myshopify.com",
        expires: (now + HOUR) / 1000,
        ends: String(now + 90 * DAY),
        userId: null,
      },
      { id: "offline_permanent.myshopify.com", expires: null, ends: null, userId: null },
      { id: "online.myshopify.com_902541635", expires: (now + DAY) / 1000, ends: null, userId: "902541635" },
    ]);
    const later = [
      expiring("expiring.myshopify.com", { issued: now + HOUR, name: "-later" }),
      expiring("permanent.myshopify.com", { name: "-pair" }),
    ];
    const newer = sqlite(STORAGE_TABLE("shopify_sessions"), "shopify_sessions", later.map(inSeconds));
    expect((await imported(newer, into)).report).toMatchObject({ updated: 2 });
    expect((await imported(from, into)).report).toMatchObject({ updated: 0, kept: 3 });
  });
});

describe("what is there already", () => {
  const shop = "a.myshopify.com";
  const earlier = expiring(shop, { issued: now - 10 * DAY, name: "-earlier" });
  const later = expiring(shop, { name: "-later" });
  const ended = expiring(shop, { issued: now - 100 * DAY, name: "-ended" });
  const another = new Session({ ...permanent(shop).toObject(), accessToken: "shpat_another" });

  test.each([
    { here: earlier, there: later, left: later, why: "a pair that was issued later" },
    { here: later, there: earlier, left: later, why: "a pair that was issued earlier" },
    { here: permanent(shop), there: later, left: later, why: "a living pair in the place of a permanent token" },
    { here: permanent(shop), there: ended, left: permanent(shop), why: "a pair that has ended" },
    { here: earlier, there: permanent(shop), left: earlier, why: "a permanent token" },
    { here: permanent(shop), there: another, left: permanent(shop), why: "another permanent token" },
  ])("$why", async ({ here, there, left }) => {
    await imported(sqlite(STORAGE_TABLE("shopify_sessions"), "shopify_sessions", [inSeconds(here)]));
    const { report } = await imported(
      sqlite(STORAGE_TABLE("shopify_sessions"), "shopify_sessions", [inSeconds(there)]),
    );
    expect(report).toMatchObject(left === there ? { updated: 1, kept: 0 } : { updated: 0, kept: 1 });
    expect(await stored()).toMatchObject([{ accessToken: left.accessToken, refreshToken: left.refreshToken ?? null }]);
  });

  test("a row that was emptied after an uninstall stays empty", async () => {
    await database.current.query(
      `INSERT INTO "Session" ("id", "shop", "state", "accessToken") VALUES ($1, $2, '', '')`,
      [later.id, shop],
    );
    expect(
      (await imported(sqlite(STORAGE_TABLE("shopify_sessions"), "shopify_sessions", [inSeconds(later)]))).report,
    ).toMatchObject({ kept: 1 });
    expect(await stored()).toMatchObject([{ accessToken: "" }]);
  });

  test("a column of yours that must not be empty: said without the row", async () => {
    await database.current.query(`ALTER TABLE "Session" ADD COLUMN "updatedAt" timestamp(3) NOT NULL`);
    try {
      const failed = imported(sqlite(STORAGE_TABLE("shopify_sessions"), "shopify_sessions", [inSeconds(later)]));
      await expect(failed).rejects.toMatchObject({ code: "database", message: expect.stringMatching(/"updatedAt"/) });
      await expect(failed).rejects.not.toMatchObject({ message: expect.stringMatching(/shp(at|rt)_/) });
    } finally {
      await database.current.query(`ALTER TABLE "Session" DROP COLUMN "updatedAt"`);
    }
  });
});

test(
  "as a command: what is missing is said with its remedy, and nothing else is needed",
  { timeout: 60_000 },
  async () => {
    const from = sqlite(STORAGE_TABLE("shopify_sessions"), "shopify_sessions", SESSIONS.map(inSeconds));
    const run = (args: string[], env: Record<string, string> = {}) => startTokens(["import", ...args], env).ended;
    expect(await run(["--from", from])).toMatchObject({
      code: 2,
      err: expect.stringContaining("DATABASE_URL is not set"),
    });
    const env = { DATABASE_URL: database.current.url };
    expect(await run(["--from", "mongodb://x/y"], env)).toMatchObject({
      code: 2,
      err: expect.stringContaining("mysql://user:password@host/database"),
    });
    expect(await run(["--from", "file:nowhere.sqlite"], env)).toMatchObject({
      code: 2,
      err: expect.stringContaining("file:prisma/dev.sqlite"),
    });
    expect(await run([], env)).toMatchObject({ code: 2, err: expect.stringContaining("IMPORT_FROM") });
    expect(await run(["--dry-run"], { ...env, IMPORT_FROM: from })).toMatchObject({ code: 0 });
    const piped = startTokens(["import", "--from", "-", "--dry-run"], env, undefined, `${from}\n`);
    expect(await piped.ended).toMatchObject({ code: 0, out: expect.stringContaining("read    3 sessions") });
    const { code, out } = await run(["--from", from, "--dry-run"], env);
    expect(code).toBe(0);
    expect(out).toContain("read    3 sessions: 1 permanent, 1 expiring, 1 online\n");
    expect(out).toContain("would copy  3 new, 0 newer than what was here\n");
    expect(await stored()).toEqual([]);
  },
);
