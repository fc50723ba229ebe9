import type pg from "pg";
import { randomBytes } from "node:crypto";
import type { SandboxClient } from "../../sandbox/client.ts";

/** What the demo starts with. */
export interface Seeds {
  /** Shops with a live permanent token, all alike. */
  permanent: string[];
  /** One each: shops whose row needs another treatment. */
  uninstalled: string;
  placeholder: string;
  expiring: string;
  /** Also has a permanent token; its staff members have online sessions. */
  withOnlineSessions: string;
}

interface Row {
  id: string;
  shop: string;
  isOnline?: boolean;
  scope?: string;
  expires?: Date;
  accessToken: string;
  userId?: bigint;
  refreshToken?: string;
  refreshTokenExpires?: Date;
}

const ADJECTIVES = ["amber", "brisk", "calm", "dapper", "early", "fabled", "gentle", "honest", "ideal", "jolly"];
const GOODS = ["books", "candles", "ceramics", "coffee", "cycles", "garden", "lamps", "linen", "soaps", "toys"];
const PLANS = ["Basic", "Basic", "Shopify", "Advanced", "Plus"];

/** Installs `count` shops with permanent tokens, and the awkward ones, at the simulator and in the app's session table. */
export async function seedShops(client: SandboxClient, database: pg.Pool, count: number): Promise<Seeds> {
  const names = Array.from({ length: count }, (_, index) => nameOf(index));
  const installs = names.map(({ handle, title }, index) => ({
    shop: domain(handle),
    name: title,
    plan: PLANS[index % PLANS.length],
    token: "permanent" as const,
    // Installs from before 2020 hold tokens without a prefix, and other prefixes occur.
    ...(index % 50 === 49 ? { accessToken: randomBytes(16).toString("hex") } : {}),
    ...(index % 50 === 48 ? { accessToken: `shpca_${randomBytes(16).toString("hex")}` } : {}),
  }));
  const permanent = await client.installShops(installs);
  const rows: Row[] = permanent.map(({ shop, accessToken, scope }) => offline(shop, { accessToken, scope }));

  const uninstalled = domain("closed-chapter");
  const gone = await client.installShop(uninstalled, { token: "permanent", name: "Closed Chapter" });
  rows.push(offline(uninstalled, gone));
  // Its webhook never reached the app: the row still looks well.
  await client.uninstall(uninstalled, { webhook: false });

  const placeholder = domain("half-installed");
  await client.installShop(placeholder, { token: "none", name: "Half Installed" });
  rows.push(offline(placeholder, {}));

  const expiring = domain("early-adopter");
  const pair = await client.installShop(expiring, { token: "expiring", name: "Early Adopter" });
  rows.push(
    offline(expiring, {
      ...pair,
      expires: inSeconds(pair.expiresIn),
      refreshTokenExpires: inSeconds(pair.refreshTokenExpiresIn),
    }),
  );

  const withOnlineSessions = permanent[0]!.shop;
  for (const userId of [902_541_635n, 902_541_636n]) {
    rows.push({
      id: `${withOnlineSessions}_${userId}`,
      shop: withOnlineSessions,
      isOnline: true,
      scope: "read_products",
      userId,
      accessToken: `shpua_${randomBytes(16).toString("hex")}`,
      expires: inSeconds(86_400),
    });
  }
  await insertSessions(database, rows);
  return {
    permanent: permanent.map(({ shop }) => shop),
    uninstalled,
    placeholder,
    expiring,
    withOnlineSessions,
  };
}

function nameOf(index: number): { handle: string; title: string } {
  const words = [ADJECTIVES[index % 10]!, GOODS[Math.floor(index / 10) % 10]!];
  const round = Math.floor(index / 100);
  const title = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join(" ");
  return round === 0
    ? { handle: words.join("-"), title }
    : { handle: `${words.join("-")}-${round + 1}`, title: `${title} ${round + 1}` };
}

function domain(handle: string): string {
  return `${handle}.myshopify.com`;
}

function offline(shop: string, token: Partial<Row>): Row {
  const { accessToken = "", scope, expires, refreshToken, refreshTokenExpires } = token;
  return { id: `offline_${shop}`, shop, accessToken, scope, expires, refreshToken, refreshTokenExpires };
}

function inSeconds(seconds: number | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(Date.now() + seconds * 1000);
}

async function insertSessions(database: pg.Pool, rows: Row[]): Promise<void> {
  await database.query(
    `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "scope", "expires", "accessToken", "userId", "refreshToken", "refreshTokenExpires")
     SELECT "id", "shop", '', coalesce("isOnline", false), "scope", "expires" AT TIME ZONE 'UTC', "accessToken", "userId",
            "refreshToken", "refreshTokenExpires" AT TIME ZONE 'UTC'
     FROM jsonb_to_recordset($1) AS row ("id" text, "shop" text, "isOnline" boolean, "scope" text, "expires" timestamptz,
       "accessToken" text, "userId" bigint, "refreshToken" text, "refreshTokenExpires" timestamptz)`,
    [JSON.stringify(rows, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value))],
  );
}
