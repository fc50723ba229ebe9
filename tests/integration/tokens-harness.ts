import { ApiVersion } from "@shopify/shopify-api";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import {
  createTokens,
  installShopifyFetch,
  type TokenDependencies,
  type TokenKey,
  type Tokens,
} from "../../app/tokens/index.ts";
import { createVault } from "../../app/tokens/sealing/vault.ts";
import type { Sandbox } from "../../sandbox/start.ts";
import type { Call, Effect } from "../../sandbox/platform/types.ts";
import { createApi } from "../support/create-api.ts";
import { openPrisma, type PrismaDatabase } from "../support/open-prisma.ts";
import { testDatabase, type TestDatabase } from "../support/postgres.ts";
import { routeThroughSandbox, startTestSandbox } from "../support/sandbox.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export interface StoredRow {
  shop: string;
  accessToken: string;
  refreshToken: string | null;
  expires: Date | null;
  refreshTokenExpires: Date | null;
  scope: string | null;
}

interface Marks {
  generation: number;
  needsReauthWhy: string | null;
  suspendedWhy: string | null;
}

/** The simulator reads Shopify's schema at its first Admin call, which can take longer than the short timeout of these tests. */
async function warmUp(sandbox: Sandbox): Promise<void> {
  const { shop, accessToken } = await sandbox.client.installShop("warm-up.myshopify.com", { token: "permanent" });
  await fetch(`https://${shop}/admin/api/${ApiVersion.October26}/graphql.json`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-shopify-access-token": accessToken! },
    body: JSON.stringify({ query: "{ shop { id } }" }),
  });
}

/**
 * Tokens against a real Postgres and the simulator, for a whole test file. Time is the simulator's, so that moving its clock
 * moves the app's too; leases live by the database's clock, which nobody moves.
 * @param options.keys what seals tokens in every process that is not told otherwise, and opens what `row` reads; none unless told.
 * @param options.isShared tests run side by side: each keeps to shops of its own, their faults stay, nobody moves the clock, and a call may wait for the processor.
 */
export function tokensHarness({
  keys = [],
  isShared = false,
}: { keys?: readonly TokenKey[]; isShared?: boolean } = {}) {
  const database = testDatabase();
  const vault = createVault(keys);
  const opened: (() => Promise<unknown>)[] = [];
  let processes = 0;
  let sandbox: Sandbox;
  let undoRoute: () => Promise<void>;
  let serial = 0;
  const lines: string[] = [];

  const keep =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    };
  const log = { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };

  beforeAll(async () => {
    // Tests move the clock past the cut-off; those that are about it switch it on.
    sandbox = await startTestSandbox({ choices: { enforcement: "off" } });
    undoRoute = routeThroughSandbox(sandbox);
    await warmUp(sandbox);
    installShopifyFetch({ timeoutMs: isShared ? 5_000 : 2_000 });
  });
  afterEach(async () => {
    if (!isShared) await sandbox.client.faults.clear();
    expect(await sandbox.client.ledger.secretSightings()).toEqual([]);
    expect(await sandbox.client.ledger.findSecrets(lines.join("\n"))).toEqual([]);
  });
  afterAll(async () => {
    await Promise.all(opened.map((close) => close()));
    await undoRoute?.();
    await sandbox?.close();
  });

  return {
    get sandbox() {
      return sandbox;
    },
    get database(): TestDatabase {
      return database.current;
    },
    log: lines,
    now: () => sandbox.platform.clock.now(),
    advance: (ms: number) => sandbox.client.clock.advance(ms),
    shopName: () => `shop-${++serial}-${Math.random().toString(36).slice(2, 8)}.myshopify.com`,

    /**
     * One process of the app: a connection pool and a `createTokens` of its own. Every other one asks the database over a pool of pg,
     * the rest over a Prisma client, so that each test of two processes proves that both do the same.
     */
    process(options: Partial<TokenDependencies> = {}): Tokens & { prisma: PrismaDatabase } {
      const prisma = openPrisma(database.current.url, { max: 8 });
      opened.push(() => prisma.$disconnect());
      const usesPg = ++processes % 2 === 0 && !options.database;
      const pool = usesPg ? new pg.Pool({ connectionString: database.current.url, max: 8 }) : undefined;
      pool?.on("error", () => {});
      if (pool) opened.push(() => pool.end());
      const tokens = createTokens({
        api: createApi(),
        database: pool ?? prisma,
        phase: "expand",
        clock: () => sandbox.platform.clock.now(),
        log,
        encryption: { keys },
        ...options,
      });
      return Object.assign(tokens, { prisma });
    },

    /** The next `times` calls to the token endpoint for a shop go wrong. */
    failTokenCalls: (shop: string, effect: Effect, times = 1) =>
      sandbox.client.faults.add({ shop, endpoint: "token", times, effect }),

    /** Ends the shop's lease, whoever holds it: as if it had taken too long. */
    async endLease(shop: string): Promise<void> {
      await database.current.query(
        `UPDATE expand_contract."ShopToken" SET "leaseExpiresAt" = clock_timestamp() WHERE shop = $1`,
        [shop],
      );
    },

    /** A shop with the app installed, and the app's row for it as its first install left it. */
    async install(token: "permanent" | "expiring" | "none", shop = `shop-${++serial}.myshopify.com`): Promise<string> {
      const installed = await sandbox.client.installShop(shop, { token });
      if (installed.accessToken) {
        await database.current.query(
          `INSERT INTO "Session" (id, shop, state, scope, "accessToken", expires, "refreshToken", "refreshTokenExpires")
           VALUES ($1, $2, '', $3, $4, $5::timestamptz AT TIME ZONE 'UTC', $6, $7::timestamptz AT TIME ZONE 'UTC')`,
          [
            `offline_${shop}`,
            shop,
            installed.scope ?? null,
            installed.accessToken,
            installed.expiresIn ? new Date(this.now() + installed.expiresIn * 1_000).toISOString() : null,
            installed.refreshToken ?? null,
            installed.refreshTokenExpiresIn
              ? new Date(this.now() + installed.refreshTokenExpiresIn * 1_000).toISOString()
              : null,
          ],
        );
      }
      return shop;
    },

    async row(shop: string): Promise<StoredRow | undefined> {
      const [row] = await database.current.query<
        Omit<StoredRow, "expires" | "refreshTokenExpires"> & { e: string; r: string }
      >(
        `SELECT shop, "accessToken", "refreshToken", scope,
           (EXTRACT(EPOCH FROM expires) * 1000)::bigint AS e, (EXTRACT(EPOCH FROM "refreshTokenExpires") * 1000)::bigint AS r
         FROM "Session" WHERE id = $1`,
        [`offline_${shop}`],
      );
      if (!row) return undefined;
      const { e, r, ...stored } = row;
      const { accessToken, refreshToken } = vault.open({ ...stored, id: `offline_${shop}` });
      const rest = { ...stored, accessToken: accessToken!, refreshToken: refreshToken ?? null };
      return { ...rest, expires: e ? new Date(Number(e)) : null, refreshTokenExpires: r ? new Date(Number(r)) : null };
    },

    /** A shop whose stored access token is over. */
    async installExpired(endedMs = HOUR_MS): Promise<string> {
      const shop = await this.install("expiring");
      const sql = `UPDATE "Session" SET expires = $2::timestamptz AT TIME ZONE 'UTC' WHERE shop = $1`;
      await database.current.query(sql, [shop, new Date(this.now() - endedMs).toISOString()]);
      return shop;
    },

    /** Puts a row back as it was: what a process does that is not ours. */
    async overwrite({ shop, accessToken, refreshToken }: StoredRow): Promise<void> {
      const sql = `UPDATE "Session" SET "accessToken" = $2, "refreshToken" = $3 WHERE id = $1`;
      await database.current.query(sql, [`offline_${shop}`, accessToken, refreshToken]);
    },

    tokenCalls: (shop: string): Promise<Call[]> => sandbox.client.ledger.calls({ shop, endpoint: "token" }),
    /** How often a shop's pair was refreshed. */
    refreshes: async (shop: string): Promise<number> =>
      (await sandbox.client.ledger.calls({ shop, endpoint: "token", grant: "refresh" })).length,

    /** The stored pair is exactly the one Shopify issued last, and nothing ran side by side. */
    async expectCurrent(shop: string): Promise<StoredRow> {
      const row = await this.row(shop);
      expect(row, `${shop} has a session`).toBeDefined();
      expect(await sandbox.client.ledger.isCurrentPair(shop, row!), `${shop} holds the newest pair`).toBe(true);
      await this.expectNotOrphaned(shop);
      return row!;
    },

    async expectNotOrphaned(shop: string): Promise<void> {
      const row = await this.row(shop);
      expect(await sandbox.client.ledger.orphans(row ? [row] : [])).toEqual([]);
      expect((await sandbox.client.ledger.overlaps()).filter((overlap) => overlap.shop === shop)).toEqual([]);
    },

    async marks(shop: string): Promise<Marks> {
      const [row] = await database.current.query<Marks>(
        `SELECT generation, "needsReauthWhy", "suspendedWhy" FROM expand_contract."ShopToken" WHERE shop = $1`,
        [shop],
      );
      return row ?? { generation: 0, needsReauthWhy: null, suspendedWhy: null };
    },

    /** As if the call whose answer was lost had been given up so long ago that it cannot be at work any more. */
    async outliveLostCall(shop: string): Promise<void> {
      await database.current.query(
        `UPDATE expand_contract."ShopToken" SET "answerLostAt" = "answerLostAt" - interval '1 minute' WHERE shop = $1`,
        [shop],
      );
    },

    idToken: (shop: string) => sandbox.client.idToken(shop),
  };
}

export type TokensHarness = ReturnType<typeof tokensHarness>;
