import { afterAll, beforeAll } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp, type TestAppOptions } from "../support/app-process.ts";
import { type Merchant, merchantOf, postWebhook } from "../support/app-requests.ts";
import { testDatabase, type TestDatabase } from "../support/postgres.ts";
import { startTestSandbox, type TestSandboxOptions } from "../support/sandbox.ts";
import { severable, type SeverableDatabase } from "../support/severable-database.ts";

type IssuedToken = Awaited<ReturnType<Sandbox["client"]["installShop"]>>;

interface OfflineRow {
  accessToken: string;
  refreshToken: string | null;
  expires: Date | null;
}

export interface AppHarnessOptions extends Pick<TestAppOptions, "phase" | "env"> {
  simulator?: TestSandboxOptions;
  /** Webhooks of the simulator are delivered to the app. */
  delivers?: boolean;
  /** The way to the database can be cut off: `way`. */
  isSeverable?: boolean;
}

/**
 * The built app between a Postgres and the simulator, for a whole test file. At its end nothing secret has got out.
 */
export function appHarness({ simulator, delivers, isSeverable, ...options }: AppHarnessOptions = {}) {
  const database = testDatabase();
  let sandbox: Sandbox;
  let app: TestApp;
  let way: SeverableDatabase | undefined;

  beforeAll(async () => {
    sandbox = await startTestSandbox(simulator);
    if (isSeverable) way = await severable(database.current.url);
    app = await startTestApp({ sandbox, databaseUrl: way?.url ?? database.current.url, phase: "expand", ...options });
    if (delivers) await sandbox.client.app({ deliverTo: app.url });
  });
  afterAll(async () => {
    await app?.expectNoSecrets();
    await app?.stop();
    await way?.close();
    await sandbox?.close();
  });

  return {
    get sandbox(): Sandbox {
      return sandbox;
    },
    get app(): TestApp {
      return app;
    },
    get database(): TestDatabase {
      return database.current;
    },
    /** Between the app and its database, where it `isSeverable`. */
    get way(): SeverableDatabase {
      return way!;
    },
    get merchant(): Merchant {
      return merchantOf(app, sandbox);
    },

    /** The operator's routes, with the operator's secret unless `init` has another. */
    operator: (path: string, init: RequestInit = {}, target = app) =>
      fetch(target.url + path, {
        redirect: "manual",
        ...init,
        headers: { Authorization: `Bearer ${target.migrationSecret}`, ...(init.headers as object) },
      }),
    postWebhook: (path: string, body: string, headers?: Record<string, string>) =>
      postWebhook(app, path, body, headers),
    /** Puts into the database what Shopify has issued. */
    store: (issued: IssuedToken) =>
      database.current.query(
        `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "scope", "accessToken", "expires", "refreshToken", "refreshTokenExpires")
         VALUES ('offline_' || $1::text, $1, '', false, $2, $3, now() + $4 * interval '1 second', $5, now() + $6 * interval '1 second')`,
        [
          issued.shop,
          issued.scope,
          issued.accessToken,
          issued.expiresIn ?? null,
          issued.refreshToken ?? null,
          issued.refreshTokenExpiresIn ?? null,
        ],
      ),
    async row(shop: string): Promise<OfflineRow | undefined> {
      const [row] = await database.current.query<OfflineRow>(
        `SELECT "accessToken", "refreshToken", "expires" FROM "Session" WHERE "shop" = $1 AND NOT "isOnline"`,
        [shop],
      );
      return row;
    },
    tokenCalls: (shop: string) => sandbox.client.ledger.calls({ shop, endpoint: "token" }),
    rowsOf: (table: string, shop: string) =>
      database.current.query(
        `SELECT 1 FROM ${table === "Session" ? "" : "expand_contract."}"${table}" WHERE "shop" = $1`,
        [shop],
      ),
  };
}
