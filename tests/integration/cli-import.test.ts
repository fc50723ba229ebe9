/** Sessions of Shopify's other storages are copied into Postgres: in their real formats, once, never over a newer row, and without showing a token. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Session } from "@shopify/shopify-api";
import { createConnection } from "mysql2/promise";
import { createClient } from "redis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { migrateSchema } from "../../app/schema/migrate-schema.ts";
import { runImport, type ImportOptions } from "../../cli/import/run-import.ts";
import { PLAIN } from "../../cli/paint.ts";
import { startMariadb, startRedis } from "../support/foreign-servers.ts";
import { createTestDatabase, testDatabase, type TestDatabase } from "../support/postgres.ts";
import { startTokens } from "./cli-harness.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const database = testDatabase();
const folder = mkdtempSync(join(tmpdir(), "import-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => database.current.query('DELETE FROM "Session"'));

let serial = 0;
/** Whole seconds: that is all that two of the storages keep. */
const now = Math.floor(Date.now() / 1000) * 1000;

function permanent(shop: string): Session {
  return new Session({
    id: `offline_${shop}`,
    shop,
    state: "",
    isOnline: false,
    scope: "read_products",
    accessToken: `shpat_${shop}`,
  });
}
function expiring(shop: string, { issued = now, name = "" } = {}): Session {
  return new Session({
    id: `offline_${shop}`,
    shop,
    state: "",
    isOnline: false,
    scope: "read_products",
    accessToken: `shpat_${shop}${name}`,
    expires: new Date(issued + HOUR),
    refreshToken: `shprt_${shop}${name}`,
    refreshTokenExpires: new Date(issued + 90 * DAY),
  });
}
function online(shop: string): Session {
  const user = {
    id: 902541635,
    first_name: "Ada",
    last_name: "L",
    email: "ada@example.com",
    email_verified: true,
    account_owner: false,
    locale: "de",
    collaborator: false,
  };
  return new Session({
    id: `${shop}_${user.id}`,
    shop,
    state: "s",
    isOnline: true,
    scope: "read_products",
    accessToken: `shpat_online_${shop}`,
    expires: new Date(now + DAY),
    onlineAccessInfo: { expires_in: 86_400, associated_user_scope: "read_products", associated_user: user },
  });
}

const SESSIONS = [
  permanent("permanent.myshopify.com"),
  expiring("expiring.myshopify.com"),
  online("online.myshopify.com"),
];
/** What must be in Postgres afterwards, as the Prisma storage would read it. */
const EXPECTED = [
  {
    id: "offline_expiring.myshopify.com",
    isOnline: false,
    accessToken: "shpat_expiring.myshopify.com",
    expires: now + HOUR,
    refreshToken: "shprt_expiring.myshopify.com",
    refreshTokenExpires: now + 90 * DAY,
    userId: null,
    email: null,
    emailVerified: false,
  },
  {
    id: "offline_permanent.myshopify.com",
    isOnline: false,
    accessToken: "shpat_permanent.myshopify.com",
    expires: null,
    refreshToken: null,
    refreshTokenExpires: null,
    userId: null,
    email: null,
    emailVerified: false,
  },
  {
    id: "online.myshopify.com_902541635",
    isOnline: true,
    accessToken: "shpat_online_online.myshopify.com",
    expires: now + DAY,
    refreshToken: null,
    refreshTokenExpires: null,
    userId: "902541635",
    email: "ada@example.com",
    emailVerified: true,
  },
];

async function stored() {
  return database.current.query(
    `SELECT "id", "isOnline", "accessToken", "refreshToken", "userId"::text, "email", "isOnline" AND "emailVerified" AS "emailVerified",
        (extract(epoch FROM "expires") * 1000)::float AS "expires", (extract(epoch FROM "refreshTokenExpires") * 1000)::float AS "refreshTokenExpires"
      FROM "Session" ORDER BY "id" COLLATE "C"`,
  );
}

/** Runs the import as the command does; what it prints holds no token. */
async function imported(from: string, options: Partial<Omit<ImportOptions, "from">> = {}) {
  const lines: string[] = [];
  const out = (line: string) => void lines.push(line);
  const code = await runImport({
    dryRun: false,
    json: true,
    databaseUrl: database.current.url,
    ...options,
    from,
    out,
    paint: PLAIN,
  });
  expect(lines.join("\n")).not.toMatch(/shp(?:at|rt)_/);
  return {
    code,
    printed: lines.join("\n"),
    report: options.json === false ? undefined : (JSON.parse(lines[0]!) as Record<string, unknown>),
  };
}

/** As @shopify/shopify-app-session-storage-sqlite and -mysql make their table. */
const STORAGE_TABLE = (
  name: string,
) => `CREATE TABLE ${name} (id varchar(255) NOT NULL PRIMARY KEY, shop varchar(255) NOT NULL, state varchar(255) NOT NULL,
  isOnline integer NOT NULL, expires integer, scope varchar(1024), accessToken varchar(255), userId BIGINT, firstName varchar(255), lastName varchar(255),
  email varchar(255), accountOwner integer, locale varchar(255), collaborator integer, emailVerified integer, refreshToken varchar(255), refreshTokenExpires integer)`;
/** As versions before refresh tokens had it. */
const OLD_STORAGE_TABLE = `CREATE TABLE shopify_sessions (id varchar(255) NOT NULL PRIMARY KEY, shop varchar(255) NOT NULL, state varchar(255) NOT NULL,
  isOnline integer NOT NULL, expires integer, scope varchar(1024), accessToken varchar(255), onlineAccessInfo varchar(255))`;
/** As Prisma makes the template's model, on SQLite and on MySQL. */
const PRISMA_SQLITE = `CREATE TABLE "Session" ("id" TEXT NOT NULL PRIMARY KEY, "shop" TEXT NOT NULL, "state" TEXT NOT NULL, "isOnline" BOOLEAN NOT NULL DEFAULT false,
  "scope" TEXT, "expires" DATETIME, "accessToken" TEXT NOT NULL, "userId" BIGINT, "firstName" TEXT, "lastName" TEXT, "email" TEXT, "accountOwner" BOOLEAN NOT NULL DEFAULT false,
  "locale" TEXT, "collaborator" BOOLEAN DEFAULT false, "emailVerified" BOOLEAN DEFAULT false, "refreshToken" TEXT, "refreshTokenExpires" DATETIME)`;
const PRISMA_MYSQL = PRISMA_SQLITE.replaceAll('"', "`")
  .replaceAll("TEXT NOT NULL PRIMARY KEY", "VARCHAR(191) PRIMARY KEY")
  .replaceAll("DATETIME", "DATETIME(3)")
  .replace("`accessToken` TEXT", "`accessToken` VARCHAR(191)");

/** A session as Shopify's SQL storages insert it: times in seconds. */
function inSeconds(session: Session): [string, string | number | boolean][] {
  return session
    .toPropertyArray(true)
    .map(([key, value]) => [key, /xpires$/.test(key) ? Math.floor(Number(value) / 1000) : value]);
}
/** As Prisma inserts it. */
function inPrisma(session: Session, time: (ms: number) => string | number): [string, string | number | boolean][] {
  return session.toPropertyArray(true).map(([key, value]) => [key, /xpires$/.test(key) ? time(Number(value)) : value]);
}

function sqlite(ddl: string, table: string, rows: [string, string | number | boolean][][]): string {
  const path = join(folder, `${serial++}.sqlite`);
  const made = new DatabaseSync(path);
  made.exec(ddl);
  made.exec("BEGIN");
  for (const row of rows) {
    const values = row.map(([, value]) => (typeof value === "boolean" ? Number(value) : value));
    made
      .prepare(
        `INSERT INTO "${table}" (${row.map(([key]) => key).join(", ")}) VALUES (${row.map(() => "?").join(", ")})`,
      )
      .run(...values);
  }
  made.exec("COMMIT");
  made.close();
  return `file:${path}`;
}

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
