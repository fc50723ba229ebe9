// Proves that sessions of Shopify's other storages are copied into Postgres in their real formats, once, and without showing a token.
import { createConnection } from "mysql2/promise";
import { createClient } from "redis";
import { describe, expect, test } from "vitest";
import { startMariadb, startRedis } from "../support/foreign-servers.ts";
import {
  EXPECTED,
  importHarness,
  inPrisma,
  inSeconds,
  OLD_STORAGE_TABLE,
  permanent,
  online,
  PRISMA_MYSQL,
  PRISMA_SQLITE,
  SESSIONS,
  STORAGE_TABLE,
} from "./import-harness.ts";

const { database, stored, imported, sqlite } = importHarness();

describe("SQLite", () => {
  test.each([
    {
      name: "Shopify's storage",
      make: () => sqlite(STORAGE_TABLE("shopify_sessions"), "shopify_sessions", SESSIONS.map(inSeconds)),
    },
    {
      name: "Prisma, times as milliseconds",
      make: () =>
        sqlite(
          PRISMA_SQLITE,
          "Session",
          SESSIONS.map((one) => inPrisma(one, (ms) => ms)),
        ),
    },
    {
      name: "Prisma, times as text",
      make: () =>
        sqlite(
          PRISMA_SQLITE,
          "Session",
          SESSIONS.map((one) => inPrisma(one, (ms) => new Date(ms).toISOString())),
        ),
    },
    {
      name: "text without zone",
      make: () =>
        sqlite(
          PRISMA_SQLITE,
          "Session",
          SESSIONS.map((one) => inPrisma(one, (ms) => new Date(ms).toISOString().slice(0, 19).replace("T", " "))),
        ),
    },
  ])("$name: everything arrives, a dry run says so first, and a second time changes nothing", async ({ make }) => {
    const from = make();
    const kinds = { read: 3, permanent: 1, expiring: 1, online: 1, unreadable: [] };
    expect(await imported(from, { dryRun: true })).toMatchObject({
      code: 0,
      report: { ...kinds, dryRun: true, inserted: 3, updated: 0, kept: 0 },
    });
    expect(await stored()).toEqual([]);
    expect(await imported(from)).toMatchObject({ code: 0, report: { ...kinds, inserted: 3, updated: 0, kept: 0 } });
    expect(await stored()).toEqual(EXPECTED);
    expect(await imported(from)).toMatchObject({ code: 0, report: { ...kinds, inserted: 0, updated: 0, kept: 3 } });
    expect(await stored()).toEqual(EXPECTED);
  });

  test("a table of before refresh tokens, and of another name", async () => {
    const rows = [permanent("old.myshopify.com"), online("online.myshopify.com")].map(
      (one) => one.toPropertyArray(false) as [string, string][],
    );
    const from = sqlite(OLD_STORAGE_TABLE.replace("shopify_sessions", "my_sessions"), "my_sessions", rows);
    await expect(imported(from)).rejects.toMatchObject({
      code: "no_table",
      remedy: "Name it with --table. There are: my_sessions.",
    });
    expect((await imported(from, { table: "my_sessions" })).report).toMatchObject({ inserted: 2 });
    expect(await stored()).toMatchObject([
      { id: "offline_old.myshopify.com", refreshToken: null },
      { isOnline: true, userId: "902541635" },
    ]);
  });

  test("what cannot be read is said by shop and reason, and the rest is copied", async () => {
    const bad = (row: Record<string, string | number>) =>
      Object.entries({ state: "", isOnline: 0, accessToken: "shpat_x", ...row });
    const from = sqlite(STORAGE_TABLE("shopify_sessions"), "shopify_sessions", [
      bad({ id: "offline_empty.myshopify.com", shop: "empty.myshopify.com", accessToken: "" }),
      bad({ id: "offline_when.myshopify.com", shop: "when.myshopify.com", expires: "soon" }),
      bad({ id: "nobody", shop: "" }),
      inSeconds(permanent("good.myshopify.com")),
    ]);
    const { code, report } = await imported(from);
    expect(code).toBe(1);
    expect(report).toMatchObject({
      read: 1,
      inserted: 1,
      unreadable: [
        { shop: "empty.myshopify.com", reason: "has no accessToken" },
        { shop: "when.myshopify.com", reason: "has no time in expires" },
        { shop: "a row without a shop", reason: "has no shop" },
      ],
    });
    expect((await imported(from, { json: false })).printed).toContain("    empty.myshopify.com: has no accessToken");
  });

  describe("rows as no storage of Shopify's writes them", () => {
    const LOOSE = `CREATE TABLE "Session" (id, shop, state, isOnline, scope, expires, accessToken, userId, refreshToken, refreshTokenExpires)`;
    const write = (...rows: Record<string, string | number | bigint | Uint8Array>[]) => {
      const path = join(folder, `${serial++}.sqlite`);
      const made = new DatabaseSync(path);
      made.exec(LOOSE);
      for (const [n, given] of rows.entries()) {
        const shop = `odd${n}.myshopify.com`;
        const row = { id: `offline_${shop}`, shop, state: "", isOnline: 0, accessToken: `shpat_${n}`, ...given };
        const names = Object.keys(row);
        made
          .prepare(`INSERT INTO "Session" (${names.join()}) VALUES (${names.map(() => "?").join()})`)
          .run(...Object.values(row));
      }
      made.close();
      return `file:${path}`;
    };

    test.each([
      ["a NUL in a text", { scope: "a\0b" }, "has a character in scope that Postgres cannot keep"],
      ["a token that is no text", { accessToken: new Uint8Array([255, 1]) }, "has no text in accessToken"],
      ["a user's id of 24 digits", { isOnline: 1, userId: "9".repeat(24) }, "has no user's id in userId"],
      ["a time in the year 285,000", { expires: 9e15 }, "has no time in expires"],
      ["a word for whether it is online", { isOnline: "perhaps" }, "has neither yes nor no in isOnline"],
      ["a shop that is no domain", { shop: "odd\nshop" }, "is of no shop: its name is no domain"],
    ])("%s: said, and the rows beside it are copied", async (_, odd, reason) => {
      const { code, report } = await imported(write(odd, {}));
      expect(code).toBe(1);
      expect(report).toMatchObject({ inserted: 1, unreadable: [{ reason }] });
    });

    test("one id twice: one row, the newer pair, and a second time nothing", async () => {
      const id = { id: "offline_twice.myshopify.com", shop: "twice.myshopify.com" };
      const pair = (name: string, ends: number) => ({
        ...id,
        accessToken: `shpat_${name}`,
        expires: ends,
        refreshToken: `shprt_${name}`,
        refreshTokenExpires: ends,
      });
      const from = write(pair("new", now + 90 * DAY), pair("old", now + 80 * DAY), id);
      expect((await imported(from)).report).toMatchObject({ read: 3, inserted: 1, updated: 0, kept: 2 });
      expect(await stored()).toMatchObject([{ accessToken: "shpat_new", refreshToken: "shprt_new" }]);
      expect((await imported(from)).report).toMatchObject({ inserted: 0, updated: 0, kept: 3 });
    });

    test("words for whether it is online, tokens in binary columns, ids of 64 bits", async () => {
      const from = write(
        ...["true", "t", "YES", "1"].map((isOnline, n) => ({
          id: `online${n}`,
          isOnline,
          userId: 9_007_199_254_740_993n,
        })),
        ...["false", "f", "no", ""].map((isOnline) => ({
          isOnline,
          accessToken: new TextEncoder().encode("shpat_bytes"),
        })),
      );
      expect((await imported(from)).report).toMatchObject({ read: 8, online: 4, permanent: 4 });
      const rows = await stored();
      expect(rows.filter(({ isOnline }) => isOnline).map(({ userId }) => userId)).toEqual(
        Array(4).fill("9007199254740993"),
      );
      expect(rows.filter(({ isOnline }) => !isOnline).map(({ accessToken }) => accessToken)).toEqual(
        Array(4).fill("shpat_bytes"),
      );
    });

    test.each([
      ["2026-12-01 00:00:00.123456+02", "2026-11-30T22:00:00.123Z"],
      ["2026-12-01T00:00:00+0530", "2026-11-30T18:30:00.000Z"],
      ["2026-12-01", "2026-12-01T00:00:00.000Z"],
      [1_795_000_000.5, "2026-11-18T11:06:40.500Z"],
      ["1795000000000", "2026-11-18T11:06:40.000Z"],
    ])("%s is %s", async (expires, moment) => {
      await imported(write({ expires }));
      expect(await stored()).toMatchObject([{ expires: Date.parse(moment) }]);
    });

    test("a file whose name holds a percent sign", async () => {
      await expect(imported("file:a%zz.sqlite")).rejects.toMatchObject({
        code: "no_source",
        message: "a%zz.sqlite does not exist",
      });
    });
  });

  test("more rows than go into one statement", async () => {
    const sessions = Array.from({ length: 1201 }, (_, n) => inSeconds(permanent(`s${n}.myshopify.com`)));
    expect(
      (await imported(sqlite(STORAGE_TABLE("shopify_sessions"), "shopify_sessions", sessions))).report,
    ).toMatchObject({ inserted: 1201 });
  });
});

test("MySQL: Shopify's storage and Prisma's table", { timeout: 60_000 }, async (ctx) => {
  const server = await startMariadb();
  if (!server) return ctx.skip("mariadb-server is not installed (apt-get install mariadb-server)");
  try {
    const url = `mysql://root@127.0.0.1:${server.port}/app`;
    const admin = await createConnection({ uri: url.replace(/\/app$/, ""), multipleStatements: true });
    const insert = async (table: string, rows: [string, string | number | boolean][][]) => {
      for (const row of rows) {
        const columns = row.map(([key]) => `\`${key}\``).join(", ");
        await admin.query(`INSERT INTO ${table} (${columns}) VALUES (?)`, [row.map(([, value]) => value)]);
      }
    };
    await admin.query(`CREATE DATABASE app; USE app; ${STORAGE_TABLE("shopify_sessions")}`);
    await insert("shopify_sessions", SESSIONS.map(inSeconds));
    expect((await imported(url)).report).toMatchObject({ inserted: 3, unreadable: [] });
    expect(await stored()).toEqual(EXPECTED);
    expect((await imported(url)).report).toMatchObject({ inserted: 0, kept: 3 });

    await admin.query(PRISMA_MYSQL);
    await insert(
      "Session",
      SESSIONS.map((one) => inPrisma(one, (ms) => new Date(ms).toISOString().slice(0, -1).replace("T", " "))),
    );
    await expect(imported(url)).rejects.toMatchObject({ code: "two_tables" });
    await database.current.query('DELETE FROM "Session"');
    expect((await imported(url, { table: "Session" })).report).toMatchObject({ inserted: 3 });
    expect(await stored()).toEqual(EXPECTED);
    await admin.end();
    await expect(imported(`mysql://app:hunter2@127.0.0.1:${server.port}/app`)).rejects.toMatchObject({
      code: "no_source",
      message: expect.not.stringContaining("hunter2"),
    });
  } finally {
    await server.stop();
  }
});

test("Redis: the sessions among the keys of Shopify's storage", { timeout: 60_000 }, async (ctx) => {
  const server = await startRedis();
  if (!server) return ctx.skip("redis-server is not installed (apt-get install redis-server)");
  try {
    const url = `redis://127.0.0.1:${server.port}/1`;
    const client = createClient({ url });
    await client.connect();
    const put = (key: string, value: unknown) => client.set(key, JSON.stringify(value));
    for (const session of SESSIONS) {
      await put(`shopify_sessions_${session.id}`, session.toPropertyArray(true));
      await put(`shopify_sessions_${session.shop}`, [`shopify_sessions_${session.id}`]);
    }
    await put("shopify_sessions_migrations", { migrateToVersion1_0_1: true });
    await put("another_app_offline_b.myshopify.com", permanent("b.myshopify.com").toPropertyArray(true));
    expect((await imported(url)).report).toMatchObject({ read: 3, inserted: 3, unreadable: [] });
    expect(await stored()).toEqual(EXPECTED);
    await client.set("shopify_sessions_broken", "{");
    expect(await imported(url)).toMatchObject({
      code: 1,
      report: { kept: 3, unreadable: [{ shop: "a row without a shop", reason: "is no session" }] },
    });
    expect((await imported(url, { table: "another_app" })).report).toMatchObject({ read: 1, inserted: 1 });
    await client.close();
  } finally {
    await server.stop();
  }
});
