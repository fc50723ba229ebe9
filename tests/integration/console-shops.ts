import type { Sandbox } from "../../sandbox/start.ts";
import type { TestApp } from "../support/app-process.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { seedPermanentShops } from "./cli-harness.ts";

const DAY_MS = 86_400_000;

/** 60 shops with permanent tokens, two with pairs, and one in every other state that the console knows. */
export async function seedShopsInEveryState(sandbox: Sandbox, database: TestDatabase): Promise<void> {
  await seedPermanentShops(sandbox, database, "perm", 60);
  for (const name of ["pair-a", "pair-b"]) await seedPair(sandbox, database, `${name}.myshopify.com`);
  await seedMarked(database);
}

async function seedPair(sandbox: Sandbox, database: TestDatabase, shop: string): Promise<void> {
  const pair = await sandbox.client.installShop(shop, { token: "expiring" });
  await database.query(
    `INSERT INTO "Session" ("id", "shop", "state", "scope", "accessToken", "expires", "refreshToken", "refreshTokenExpires")
     VALUES ('offline_' || $1, $1, '', 'read_products', $2, $3, $4, $5)`,
    [shop, pair.accessToken, new Date(Date.now() + 3_600_000), pair.refreshToken, new Date(Date.now() + 90 * DAY_MS)],
  );
}

/** Rows in every other state; none of their tokens opens anything. */
async function seedMarked({ query }: TestDatabase): Promise<void> {
  const row = (id: string, shop: string, accessToken: string) =>
    query(`INSERT INTO "Session" ("id", "shop", "state", "accessToken") VALUES ($1, $2, '', $3)`, [
      id,
      shop,
      accessToken,
    ]);
  await row("offline_dead.myshopify.com", "dead.myshopify.com", "dead-token");
  await query(
    `INSERT INTO expand_contract."ShopToken" ("shop", "needsReauthAt", "needsReauthWhy", "needsReauthToken")
     VALUES ('dead.myshopify.com', now(), 'permanent_token_spent', left(encode(sha256('dead-token'), 'hex'), 32))`,
  );
  await row("offline_cold.myshopify.com", "cold.myshopify.com", "cold-token");
  await query(
    `INSERT INTO expand_contract."ShopToken" ("shop", "suspendedAt", "suspendedWhy") VALUES ('cold.myshopify.com', now(), 'frozen')`,
  );
  await query(
    `INSERT INTO expand_contract."Shop" ("shop", "name", "plan", "fetchedAt") VALUES ('cold.myshopify.com', 'Cold & Co', 'Basic', now())`,
  );
  await query(`INSERT INTO expand_contract."ShopToken" ("shop", "uninstalledAt") VALUES ('gone.myshopify.com', now())`);
  await row("another-program", '=cmd|"x"', "foreign-token");
  await row("offline_empty.myshopify.com", "empty.myshopify.com", "");
}

interface ShopList {
  shops: { shop: string; state: string; reason: string | null; outcome: string | null; chainEnds: string | null }[];
  next: string | null;
}

/** A list of shops as programs get it, with the operator's secret; {@link shopsAt} its names. */
export async function shopListAt(app: TestApp, path: string): Promise<ShopList> {
  const response = await fetch(app.url + path, { headers: { Authorization: `Bearer ${app.migrationSecret}` } });
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as ShopList;
}

export const shopsAt = async (app: TestApp, path: string) =>
  (await shopListAt(app, path)).shops.map(({ shop }) => shop);
