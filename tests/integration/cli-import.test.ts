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
