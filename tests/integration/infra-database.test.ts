// Proves that every pool reads moments as they are, works behind a pooler, honours ?schema=, and never waits for ever.
import { createServer, type Socket } from "node:net";
import { inspect } from "node:util";
import pg from "pg";
import sql from "sql-template-tag";
import { afterEach, expect, it, vi } from "vitest";
import { findDatabaseProblem, poolConfig } from "../../app/infra/database/db-pool.ts";
import { openDatabase, type OpenDatabase, type DatabaseOptions } from "../../app/infra/database/open-database.ts";
import { isDatabaseOutage } from "../../app/infra/database/is-database-outage.ts";
import { openPrisma } from "../support/open-prisma.ts";
import { testDatabase } from "../support/postgres.ts";
import { startPooler } from "../support/pooler.ts";
import { severable } from "../support/severable-database.ts";

const database = testDatabase();
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function open(url: string, options?: DatabaseOptions): OpenDatabase {
  const db = openDatabase(url, options);
  endings.push(() => db.close());
  return db;
}

function withSchema(url: string, schema: string): string {
  const result = new URL(url);
  result.searchParams.set("schema", schema);
  return result.href;
}

async function pooled(url: string): Promise<string> {
  const pooler = await startPooler(url);
  endings.push(pooler.close);
  return pooler.url;
}

it.each(["direct", "pooled"])(
  "reads and writes moments as they are, whatever the time zone and the style of dates (%s)",
  async (way) => {
    const { name, url, query } = database.current;
    await query(
      `ALTER DATABASE "${name}" SET timezone TO 'Asia/Tokyo'; ALTER DATABASE "${name}" SET datestyle TO 'SQL, DMY'`,
    );
    const db = open(way === "direct" ? url : await pooled(url));
    const shop = `${way}.myshopify.com`;
    const at = new Date("2026-11-23T04:05:06.789Z");
    await db.execute(sql`
    INSERT INTO expand_contract."TokenEvent" ("shop", "kind", "at") VALUES (${shop}, 'acquired', ${at.toISOString()}::timestamptz)`);
    const [stored] = await query<{ ms: string }>(
      `SELECT EXTRACT(EPOCH FROM "at") * 1000 AS ms FROM expand_contract."TokenEvent" WHERE "shop" = $1`,
      [shop],
    );
    expect(Number(stored?.ms)).toBe(at.getTime());
    expect(
      await db.query(
        sql`SELECT "at", "at" AT TIME ZONE 'UTC' AS "utc" FROM expand_contract."TokenEvent" WHERE "shop" = ${shop}`,
      ),
    ).toEqual([{ at, utc: at }]);
  },
);

it("sets nothing on a session that a pooler shares with other clients", async () => {
  const db = open(await pooled(database.current.url), { statementTimeoutMs: 1_234 });
  expect(await db.query(sql`SHOW statement_timeout`)).toEqual([{ statement_timeout: "0" }]);
  const direct = open(database.current.url, { statementTimeoutMs: 1_234 });
  expect(await direct.query(sql`SHOW statement_timeout`)).toEqual([{ statement_timeout: "1234ms" }]);
});

it("looks for tables in the schema that ?schema= names, in SQL and in an adopter's models", async () => {
  const { url, query } = database.current;
  await query(`CREATE SCHEMA "shop app"`);
  await query(`CREATE TABLE "shop app"."Session" (LIKE "Session" INCLUDING ALL)`);
  await query(
    `INSERT INTO "shop app"."Session" (id, shop, state, "accessToken") VALUES ('offline_there.myshopify.com', 'there.myshopify.com', '', 'x')`,
  );
  const db = open(withSchema(url, "shop app"));
  const count = sql`SELECT count(*)::int AS n FROM "Session"`;
  expect(await db.query(count)).toEqual([{ n: 1 }]);
  expect(await open(url).query(count)).toEqual([{ n: 0 }]);
  const prisma = openPrisma(withSchema(url, "shop app"));
  endings.push(() => prisma.$disconnect());
  expect(await prisma.session.count()).toBe(1);
});

it("keeps no connection to listen on where a pooler is in between", async () => {
  const listens = async () =>
    (await database.current.query(`SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN "heard_%'`)).length;
  const deaf = open(await pooled(database.current.url)).listen!("heard_pooled", () => {});
  const direct = open(database.current.url).listen!("heard_direct", () => {});
  for (const listener of [deaf, direct]) {
    listener.connect();
    endings.push(() => listener.close());
  }
  await vi.waitFor(async () => expect(await listens()).toBe(1), 10_000);
  await vi.waitFor(
    async () =>
      expect(
        await database.current.query(
          `SELECT FROM pg_stat_activity WHERE application_name = 'expand-contract announcements' AND query NOT LIKE 'LISTEN%'`,
        ),
      ).toEqual([]),
    10_000,
  );
});

it("says what to set when a pooler keeps it from choosing the schema, and works once that is set", async () => {
  const { name, url, query } = database.current;
  await query(`CREATE SCHEMA "elsewhere"`);
  const asked = withSchema(await pooled(url), "elsewhere");
  expect(await findDatabaseProblem(asked)).toMatch(
    /asks for the schema "elsewhere".*ALTER ROLE.*search_path = "elsewhere"/s,
  );
  await query(`ALTER DATABASE "${name}" SET search_path = "elsewhere"`);
  expect(await findDatabaseProblem(asked)).toBeUndefined();
  await query(`ALTER DATABASE "${name}" RESET search_path`);
});

it("finds no problem with a database that is away: that is not a matter of how it is set up", async () => {
  expect(await findDatabaseProblem("postgresql://u:p@127.0.0.1:1/nowhere")).toBeUndefined();
});

it("gives up a statement whose answer never comes, with its connection, and is served again on a new one", async () => {
  const relay = await severable(database.current.url);
  endings.push(relay.close);
  const db = open(relay.url, { statementTimeoutMs: 300, poolSize: 3 });
  await Promise.all([1, 2, 3].map(() => db.query(sql`SELECT pg_sleep(0.05)::text`)));
  relay.silence();
  const started = performance.now();
  const failures = await Promise.all(
    [1, 2, 3].map(() => db.transaction((tx) => tx.query(sql`SELECT 1`)).catch((error: unknown) => error)),
  );
  expect(failures.every(isDatabaseOutage)).toBe(true);
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(await db.query(sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
});

it("quotes no row in the error of a statement that the table refuses", async () => {
  const db = open(database.current.url);
  const token = "0123456789abcdef";
  const insert = sql`INSERT INTO "Session" (id, state, "accessToken") VALUES ('offline_x', '', ${token})`;
  for (const refused of [() => db.execute(insert), () => db.transaction((tx) => tx.execute(insert))]) {
    const error: unknown = await refused().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "23502", column: "shop" });
    expect(inspect(error)).not.toContain(token);
  }
});

it("ends a statement that takes too long as an outage, not as a fault of the query", async () => {
  const db = open(database.current.url, { statementTimeoutMs: 100 });
  const error: unknown = await db.query(sql`SELECT pg_sleep(5)::text`).catch((thrown: unknown) => thrown);
  expect(isDatabaseOutage(error)).toBe(true);
  expect(await db.query(sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
});

it("gives up a connection that is never answered", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  endings.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });
  const { port } = silent.address() as { port: number };
  const pool = new pg.Pool(poolConfig(`postgresql://u:p@127.0.0.1:${port}/x`, { connectTimeoutMs: 200 }));
  await expect(pool.query("SELECT 1")).rejects.toThrow(/timeout/);
  await pool.end();
});

it("a connection that was opened while the database was read-only is given up when it is refused", async () => {
  const name = new URL(database.current.url).pathname.slice(1);
  await database.current.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
  const db = open(database.current.url, { poolSize: 1 });
  const write = () =>
    db
      .transaction((tx) => tx.execute(sql`CREATE TABLE IF NOT EXISTS written (a int)`))
      .then(
        () => "written",
        (error: { code: string }) => error.code,
      );
  expect(await write()).toBe("25006");
  await database.current.query(`ALTER DATABASE "${name}" RESET default_transaction_read_only`);
  expect(await write()).toBe("written");
});
