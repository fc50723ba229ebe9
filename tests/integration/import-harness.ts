import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Session, type SessionParams } from "@shopify/shopify-api";
import { afterAll, beforeEach, expect } from "vitest";
import { runImport, type ImportOptions } from "../../cli/import/run-import.ts";
import { PLAIN } from "../../cli/paint.ts";
import { testDatabase } from "../support/postgres.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Whole seconds: that is all that two of the storages keep. */
export const now = Math.floor(Date.now() / 1000) * 1000;

export function permanent(shop: string, pair: Partial<SessionParams> = {}): Session {
  const id = `offline_${shop}`;
  const accessToken = `shpat_${shop}`;
  return new Session({ id, shop, state: "", isOnline: false, scope: "read_products", accessToken, ...pair });
}
export function expiring(shop: string, { issued = now, name = "" } = {}): Session {
  return permanent(shop, {
    accessToken: `shpat_${shop}${name}`,
    expires: new Date(issued + HOUR),
    refreshToken: `shprt_${shop}${name}`,
    refreshTokenExpires: new Date(issued + 90 * DAY),
  });
}
export function online(shop: string): Session {
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

export const SESSIONS = [
  permanent("permanent.myshopify.com"),
  expiring("expiring.myshopify.com"),
  online("online.myshopify.com"),
];
/** What must be in Postgres afterwards, as the Prisma storage would read it. */
export const EXPECTED = [
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

/** As @shopify/shopify-app-session-storage-sqlite and -mysql make their table. */
export const STORAGE_TABLE = (
  name: string,
) => `CREATE TABLE ${name} (id varchar(255) NOT NULL PRIMARY KEY, shop varchar(255) NOT NULL, state varchar(255) NOT NULL,
  isOnline integer NOT NULL, expires integer, scope varchar(1024), accessToken varchar(255), userId BIGINT, firstName varchar(255), lastName varchar(255),
  email varchar(255), accountOwner integer, locale varchar(255), collaborator integer, emailVerified integer, refreshToken varchar(255), refreshTokenExpires integer)`;
/** As versions before refresh tokens had it. */
export const OLD_STORAGE_TABLE = `CREATE TABLE shopify_sessions (id varchar(255) NOT NULL PRIMARY KEY, shop varchar(255) NOT NULL, state varchar(255) NOT NULL,
  isOnline integer NOT NULL, expires integer, scope varchar(1024), accessToken varchar(255), onlineAccessInfo varchar(255))`;
/** As Prisma makes the template's model, on SQLite and on MySQL. */
export const PRISMA_SQLITE = `CREATE TABLE "Session" ("id" TEXT NOT NULL PRIMARY KEY, "shop" TEXT NOT NULL, "state" TEXT NOT NULL, "isOnline" BOOLEAN NOT NULL DEFAULT false,
  "scope" TEXT, "expires" DATETIME, "accessToken" TEXT NOT NULL, "userId" BIGINT, "firstName" TEXT, "lastName" TEXT, "email" TEXT, "accountOwner" BOOLEAN NOT NULL DEFAULT false,
  "locale" TEXT, "collaborator" BOOLEAN DEFAULT false, "emailVerified" BOOLEAN DEFAULT false, "refreshToken" TEXT, "refreshTokenExpires" DATETIME)`;
export const PRISMA_MYSQL = PRISMA_SQLITE.replaceAll('"', "`")
  .replaceAll("TEXT NOT NULL PRIMARY KEY", "VARCHAR(191) PRIMARY KEY")
  .replaceAll("DATETIME", "DATETIME(3)")
  .replace("`accessToken` TEXT", "`accessToken` VARCHAR(191)");

/** A session as Shopify's SQL storages insert it: times in seconds. */
export function inSeconds(session: Session): [string, string | number | boolean][] {
  return session
    .toPropertyArray(true)
    .map(([key, value]) => [key, /xpires$/.test(key) ? Math.floor(Number(value) / 1000) : value]);
}
/** As Prisma inserts it. */
export function inPrisma(
  session: Session,
  time: (ms: number) => string | number,
): [string, string | number | boolean][] {
  return session.toPropertyArray(true).map(([key, value]) => [key, /xpires$/.test(key) ? time(Number(value)) : value]);
}

/** What a file of SQLite's holds. */
export type Value = string | number | bigint | boolean | Uint8Array;

/** Storages of Shopify's as files and rows, what is in Postgres after an import, and the import as the command makes it; no sessions before each test. */
export function importHarness() {
  const database = testDatabase();
  const folder = mkdtempSync(join(tmpdir(), "import-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => database.current.query('DELETE FROM "Session"'));

  let serial = 0;

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

  function sqlite(ddl: string, table: string, rows: [string, Value][][]): string {
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

  return { database, stored, imported, sqlite };
}
