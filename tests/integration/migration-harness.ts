import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { openDatabase, type OpenDatabase } from "../../app/infra/database/open-database.ts";
import { createLogger } from "../../app/infra/log/log.server.ts";
import { createMetrics } from "../../app/infra/metrics.server.ts";
import {
  createMigrations,
  parseMigrationOptions,
  type MigrationDependencies,
  type Migrations,
  type RunView,
} from "../../app/migration/index.ts";
import { createTokens, installShopifyFetch, type TokenDependencies, type Tokens } from "../../app/tokens/index.ts";
import type { InstallOptions } from "../../sandbox/platform/types.ts";
import type { Sandbox } from "../../sandbox/start.ts";
import { testDatabase, type TestDatabase } from "../support/postgres.ts";
import { routeThroughSandbox, startTestSandbox } from "../support/sandbox.ts";
import { createApi } from "../support/create-api.ts";

export interface OutcomeRow {
  shop: string;
  outcome: string;
  code: string;
  attempts: number;
  retryable: boolean;
  wave: number;
}

/** An instance of the app, as far as a migration run needs one. */
export interface Instance {
  db: OpenDatabase;
  tokens: Tokens;
  migrations: Migrations;
}

/** Migration runs against a real Postgres and the simulator, for a whole test file; every test begins with empty tables. */
export function migrationHarness() {
  const database = testDatabase();
  const opened: Instance[] = [];
  const lines: string[] = [];
  let sandbox: Sandbox;
  let undoRoute: () => Promise<void>;

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    undoRoute = routeThroughSandbox(sandbox);
    installShopifyFetch();
  });
  afterEach(async () => {
    await Promise.all(opened.map(({ migrations }) => migrations.close()));
    await Promise.all(opened.splice(0).map(({ db }) => db.close()));
    expect(await sandbox.client.ledger.overlaps(), "two writers on one shop").toEqual([]);
    expect(await sandbox.client.ledger.findSecrets(lines.join("")), "secrets in the log").toEqual([]);
    await sandbox.client.faults.clear();
    await sandbox.client.tokenRateLimit(null);
    await sandbox.client.reset();
    await database.current.query(
      `TRUNCATE "Session", expand_contract."ShopToken", expand_contract."TokenEvent", expand_contract."MigrationRun" CASCADE`,
    );
  });
  afterAll(async () => {
    await undoRoute?.();
    await sandbox?.close();
  });

  return {
    get sandbox(): Sandbox {
      return sandbox;
    },
    get database(): TestDatabase {
      return database.current;
    },

    /** One process of the app, with a pool and an identity of its own. */
    instance(
      options: Partial<MigrationDependencies> & {
        clientSecret?: string;
        emergency?: TokenDependencies["emergency"];
        url?: string;
      } = {},
    ): Instance {
      const { clientSecret, emergency, url = database.current.url, ...deps } = options;
      const db = openDatabase(url, { poolSize: 10 });
      const log = createLogger("info", [], { write: (line) => void lines.push(line) });
      const tokens = createTokens({ api: createApi(clientSecret), database: db, phase: "expand", log, emergency });
      const migrations = createMigrations({
        db,
        tokens,
        phase: "expand",
        log,
        metrics: createMetrics({ withDefaults: false }),
        tickMs: 50,
        deadAfterMs: 1_000,
        pollMs: 100,
        ...deps,
      });
      const instance = { db, tokens, migrations };
      opened.push(instance);
      return instance;
    },

    /** Installs shops with permanent tokens at the simulator, and gives the app its rows for them. Returns their names. */
    async seed(count: number, prefix = `m${randomBytes(3).toString("hex")}`): Promise<string[]> {
      const shops = Array.from({ length: count }, (_, i) => `${prefix}-${String(i).padStart(5, "0")}.myshopify.com`);
      await this.install(shops.map((shop) => ({ shop, token: "permanent" as const })));
      return shops;
    },

    async install(shops: ({ shop: string } & InstallOptions)[]): Promise<void> {
      const installed = await sandbox.client.installShops(shops);
      const at = (seconds: number | undefined) =>
        seconds ? new Date(Date.now() + seconds * 1_000).toISOString() : null;
      await this.rows(
        installed
          .filter((one) => one.accessToken)
          .map((one) => ({
            shop: one.shop,
            accessToken: one.accessToken!,
            expires: at(one.expiresIn),
            refreshToken: one.refreshToken ?? null,
            refreshTokenExpires: at(one.refreshTokenExpiresIn),
          })),
      );
    },

    /** Rows as the app's sessions, whatever the simulator knows of them. */
    async rows(
      rows: { shop: string; accessToken: string; id?: string; isOnline?: boolean; [column: string]: unknown }[],
    ) {
      await database.current.query(
        `INSERT INTO "Session" (id, shop, state, "isOnline", scope, "accessToken", expires, "refreshToken", "refreshTokenExpires")
         SELECT coalesce(id, 'offline_' || shop), shop, '', coalesce("isOnline", false), 'read_products', "accessToken", expires,
           "refreshToken", "refreshTokenExpires"
         FROM jsonb_to_recordset($1::jsonb) AS r(id text, shop text, "isOnline" boolean, "accessToken" text,
           expires timestamp, "refreshToken" text, "refreshTokenExpires" timestamp)`,
        [JSON.stringify(rows)],
      );
    },

    async run(migrations: Migrations, body: object = {}, seconds?: number): Promise<RunView> {
      const { run } = await migrations.start(parseMigrationOptions(body));
      return this.end(migrations, run.id, seconds);
    },

    async end(migrations: Migrations, id: string, seconds = 15): Promise<RunView> {
      const run = await migrations.waitFor(id, seconds);
      const context = () => [JSON.stringify(run), ...lines.slice(-20)].join("\n");
      if (run?.status === "running") throw new Error(`the run has not ended: ${context()}`);
      return run!;
    },

    /** Waits until what `look` finds is true of the database or the simulator. */
    async until(what: string, look: () => Promise<boolean> | boolean, seconds = 10): Promise<void> {
      const deadline = Date.now() + seconds * 1_000;
      while (!(await look())) {
        if (Date.now() > deadline) throw new Error(`never came true: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },

    async outcomes(runId: string): Promise<OutcomeRow[]> {
      return database.current.query<OutcomeRow>(
        `SELECT shop, outcome, code, attempts, retryable, wave FROM expand_contract."MigrationOutcome" WHERE "runId" = $1 ORDER BY shop`,
        [runId],
      );
    },

    async migrationCalls(): Promise<number> {
      return (await sandbox.client.ledger.summary()).tokenCalls["migration"] ?? 0;
    },

    /** Every shop holds the pair that Shopify issued last, none is orphaned or marked. */
    async expectAllCurrent(shops: readonly string[]): Promise<void> {
      const rows = await database.current.query<{ shop: string; accessToken: string; refreshToken: string | null }>(
        `SELECT shop, "accessToken", "refreshToken" FROM "Session" WHERE NOT "isOnline" AND shop = ANY($1)`,
        [shops],
      );
      expect(rows.length).toBe(shops.length);
      expect(await sandbox.client.ledger.orphans(rows)).toEqual([]);
      const current = await Promise.all(rows.map((row) => sandbox.client.ledger.isCurrentPair(row.shop, row)));
      expect(rows.filter((_, i) => !current[i]).map((row) => row.shop)).toEqual([]);
      await this.expectNobodyMarked();
    },

    async expectNobodyMarked(): Promise<void> {
      const marked = await database.current.query(
        `SELECT shop FROM expand_contract."ShopToken" WHERE "needsReauthAt" IS NOT NULL OR "suspendedAt" IS NOT NULL`,
      );
      expect(marked, "no shop is marked").toEqual([]);
    },
  };
}
