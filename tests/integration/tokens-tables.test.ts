// Proves that tables of sessions of another name, schema and layout are read and written as their own storage would.
import { Session } from "@shopify/shopify-api";
import { afterAll, describe, expect, test } from "vitest";
import pg from "pg";
import sqlTag from "sql-template-tag";
import { toDatabase } from "../../app/infra/database/database.ts";
import { quotedTable, sessionLayout, withSessionTable } from "../../app/infra/database/session-layout.ts";
import { readEndingChains } from "../../app/operator/console/facts/rollout/read-ending-chains.server.ts";
import { findShops } from "../../app/operator/console/facts/shops/find-shops.server.ts";
import type { Cursor } from "../../app/operator/console/facts/shops/shop-filter.ts";
import { migrateSchema } from "../../app/schema/migrate-schema.ts";
import { makeTokenKey, parseTokenKeys, type TokenKey } from "../../app/tokens/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();
const endings: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of endings.reverse()) await end();
});

/** As @shopify/shopify-app-session-storage-postgresql 7 made it: no refresh tokens yet, and narrow columns. */
const POSTGRESQL_TABLE = `CREATE TABLE "shopify_sessions" ("id" varchar(255) NOT NULL PRIMARY KEY, "shop" varchar(255) NOT NULL,
  "state" varchar(255) NOT NULL, "isOnline" boolean NOT NULL, "scope" varchar(255), "expires" integer, "accessToken" varchar(255),
  "userId" bigint, "firstName" varchar(255), "lastName" varchar(255), "email" varchar(255), "accountOwner" boolean, "locale" varchar(255),
  "collaborator" boolean, "emailVerified" boolean)`;
const NAMED = `CREATE SCHEMA shop_app; CREATE TABLE shop_app."my sessions" (LIKE "Session" INCLUDING ALL); DROP TABLE "Session"`;

interface Table {
  name: string;
  sql: string;
  sessions: { name: string; schema?: string; layout: "prisma" | "postgresql" };
  /** SQL: seconds since the epoch at which a row's access token ends. */
  ends: string;
}
const TABLES: Table[] = [
  {
    name: "shopify_sessions of the PostgreSQL storage",
    sql: POSTGRESQL_TABLE,
    sessions: { name: "shopify_sessions", layout: "postgresql" },
    ends: `"expires"`,
  },
  {
    name: "another name in another schema, with the Prisma storage's columns",
    sql: NAMED,
    sessions: { name: "my sessions", schema: "shop_app", layout: "prisma" },
    ends: `EXTRACT(EPOCH FROM "expires")::int`,
  },
];

describe.for(TABLES)("$name", ({ sql, sessions, ends }) => {
  const from = [sessions.schema, sessions.name]
    .filter(Boolean)
    .map((part) => `"${part}"`)
    .join(".");

  async function open(): Promise<TestDatabase> {
    const database = await createTestDatabase({ empty: true });
    endings.push(() => database.drop());
    if (sql === NAMED) await migrateSchema(database.url);
    for (const statement of sql.split("; ")) await database.query(statement);
    const url = sessions.schema ? `${database.url}?schema=${sessions.schema}` : database.url;
    await migrateSchema(url, { sessions });
    expect(await migrateSchema(url, { sessions }), "again").toEqual([]);
    return database;
  }

  test("the console lists its shops, page by page, by the end of their refresh tokens", async () => {
    const database = await open();
    const pool = new pg.Pool({ connectionString: database.url });
    endings.push(() => pool.end());
    const db = withSessionTable(toDatabase(pool), quotedTable(sessions));
    const layout = sessionLayout(sessions);
    const [DAYS, now] = [86_400_000, Date.now()];
    const put = (name: string, endsAt: number | undefined) =>
      db.execute(sqlTag`
        INSERT INTO "Session" ("id", "shop", "state", "isOnline", "scope", "accessToken", "refreshToken", "refreshTokenExpires")
        VALUES (${`offline_${name}.myshopify.com`}, ${`${name}.myshopify.com`}, '', false, 'read_products', ${`token-${name}`},
          ${endsAt === undefined ? null : `refresh-${name}`},
          ${endsAt === undefined ? sqlTag`NULL` : layout.stored("refreshTokenExpires", sqlTag`${new Date(endsAt).toISOString()}::timestamptz`)})`);
    const ends: [string, number][] = [
      ["ended", -1],
      ["soon", 3],
      ["later", 40],
      ["last", 80],
    ];
    for (const [name, days] of ends) await put(name, now + days * DAYS);
    await put("permanent", undefined);
    const listed: [string, string, number][] = [];
    let after: Cursor | undefined;
    do {
      const page = await findShops(db, layout, { state: "expiring", after }, 1);
      listed.push(
        ...page.shops.map(({ shop, state, chainEnds }): [string, string, number] => [
          shop.split(".")[0]!,
          state,
          Math.round((chainEnds! - now) / DAYS),
        ]),
      );
      after = page.next;
    } while (after);
    expect(listed).toEqual([
      ["ended", "ended", -1],
      ["soon", "expiring", 3],
      ["later", "expiring", 40],
      ["last", "expiring", 80],
    ]);
    expect((await findShops(db, layout, {}, 9)).shops.map(({ shop }) => shop.split(".")[0])).toEqual([
      "ended",
      "last",
      "later",
      "permanent",
      "soon",
    ]);
    expect((await findShops(db, layout, { state: "permanent" }, 9)).shops.map(({ shop }) => shop)).toEqual([
      "permanent.myshopify.com",
    ]);
    expect((await readEndingChains(db, layout, now)).map(({ shop }) => shop)).toEqual(["soon.myshopify.com"]);
  });

  test("a chain is acquired, refreshed and marked, online sessions come and go, and nothing else is made", async () => {
    const database = await open();
    const pool = new pg.Pool({ connectionString: database.url });
    endings.push(() => pool.end());
    const tokens = h.process({ database: pool, sessions });
    expect(await tokens.sessionStorage.isReady()).toBe(true);
    const shop = await h.install("none");
    const id = `offline_${shop}`;
    const row = async () =>
      (
        await database.query<{ accessToken: string; refreshToken: string; ends: number }>(
          `SELECT *, ${ends} AS "ends" FROM ${from} WHERE "id" = $1`,
          [id],
        )
      )[0]!;

    const acquired = await tokens.getSession(shop, { idToken: await h.idToken(shop) });
    expect(Math.abs((await row()).ends - (h.now() + 3_600_000) / 1000)).toBeLessThan(120);
    expect(await h.sandbox.client.ledger.isCurrentPair(shop, await row())).toBe(true);
    await h.advance(7_200_000);
    const refreshed = await tokens.getSession(shop);
    expect(refreshed.accessToken).not.toBe(acquired.accessToken);
    expect(await h.sandbox.client.ledger.isCurrentPair(shop, await row())).toBe(true);
    expect(await tokens.shopsToKeepAlive(new Date(h.now() + 1_000), 10)).toEqual([shop]);
    expect(await tokens.health()).toMatchObject({ expiringTokens: 1, permanentTokens: 0 });

    const online = new Session({
      id: "1",
      shop,
      state: "s",
      isOnline: true,
      accessToken: "a",
      expires: new Date(h.now() + 60_000),
    });
    await tokens.sessionStorage.storeSession(online);
    const found = await tokens.sessionStorage.findSessionsByShop(shop);
    expect(found.map((session) => session.id)).toEqual([id, "1"]);
    expect(Math.abs(found[1]!.expires!.getTime() - online.expires!.getTime())).toBeLessThan(1_000);

    await h.sandbox.client.uninstall(shop, { webhook: false });
    await h.advance(7_200_000);
    await expect(tokens.getSession(shop)).rejects.toMatchObject({ code: "reauthorization_required" });
    expect((await row()).ends).toBeLessThanOrEqual(h.now() / 1000);
    await tokens.recordUninstalled(shop, new Date(h.now()));
    expect(await database.query(`SELECT 1 FROM ${from}`)).toEqual([]);
    expect(await database.query(`SELECT to_regclass('"Session"') AS "own"`)).toEqual([{ own: null }]);
  });

  test("tokens are sealed in it, sealed anew, and brought back; which client secret made a chain is known", async () => {
    const database = await open();
    const pool = new pg.Pool({ connectionString: database.url });
    endings.push(() => pool.end());
    const [k1, k2] = ["k1", "k2"].map((id) => parseTokenKeys(makeTokenKey(id))[0]!) as [TokenKey, TokenKey];
    const using = (keys: TokenKey[], seals = true) =>
      h.process({ database: pool, sessions, encryption: { keys, seals } });
    const stored = async (id: string) =>
      (
        await database.query<{ a: string; r: string | null }>(
          `SELECT "accessToken" AS a, "refreshToken" AS r FROM ${from} WHERE "id" = $1`,
          [id],
        )
      )[0]!;

    const plain = using([]);
    const shop = await h.install("none");
    const id = `offline_${shop}`;
    await plain.getSession(shop, { idToken: await h.idToken(shop) });
    const online = new Session({
      id: "7",
      shop,
      state: "",
      isOnline: true,
      accessToken: "shpat_online",
      expires: new Date(h.now() + 60_000),
    });
    await plain.sessionStorage.storeSession(online);
    const pair = await stored(id);
    expect(await plain.rotation()).toMatchObject({ chains: 1, pinned: 0 });

    const sealing = using([k1]);
    expect(await sealing.storageProblem()).toBeUndefined();
    expect((await sealing.getSession(shop)).accessToken).toBe(pair.a);
    expect(await sealing.convertRows()).toEqual({ rows: 2, unreadable: 0, isComplete: true });
    expect(await sealing.sealing()).toMatchObject({ plain: 0, sealed: { k1: 3 }, toConvert: 0, problem: null });
    for (const text of Object.values(await stored(id))) expect(text).toMatch(/^sealed:v1:k1:/);
    expect((await sealing.getSession(shop)).accessToken).toBe(pair.a);
    expect((await sealing.sessionStorage.loadSession("7"))?.accessToken).toBe("shpat_online");
    expect(await sealing.rotation()).toMatchObject({ chains: 1, pinned: 0 });
    await sealing.refresh(shop);
    expect((await stored(id)).r).toMatch(/^sealed:v1:k1:/);

    const wrong = using([parseTokenKeys(makeTokenKey("k1"))[0]!]);
    expect(await wrong.keyProblem()).toMatchObject({ kind: "token_key_wrong", what: expect.stringContaining(from) });
    await expect(wrong.refresh(shop)).rejects.toMatchObject({ code: "storage_unfit" });
    expect(await using([]).keyProblem()).toMatchObject({
      kind: "token_key_missing",
      what: expect.stringContaining(from),
    });

    expect((await using([k2, k1]).convertRows()).rows).toBe(2);
    expect((await using([k2]).getSession(shop)).accessToken).toBeTruthy();
    const back = using([k2], false);
    expect(await back.convertRows()).toEqual({ rows: 2, unreadable: 0, isComplete: true });
    const { a: accessToken, r: refreshToken } = await stored(id);
    expect(await h.sandbox.client.ledger.isCurrentPair(shop, { accessToken, refreshToken })).toBe(true);
    expect(await using([]).keyProblem()).toBeUndefined();
  });

  test("what the table would not keep is said with its name", async () => {
    const database = await open();
    await database.query(`ALTER TABLE ${from} DROP COLUMN "refreshToken"`);
    const pool = new pg.Pool({ connectionString: database.url });
    endings.push(() => pool.end());
    const tokens = h.process({ database: pool, sessions });
    expect(await tokens.sessionStorage.isReady()).toBe(false);
    expect(await tokens.storageProblem()).toMatchObject({ kind: "schema_behind", what: expect.stringContaining(from) });
  });
});
