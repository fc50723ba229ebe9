import { randomBytes } from "node:crypto";
import pg from "pg";
import { type AppProcess, startAppProcess } from "../../../scripts/app-process.ts";
import { deployMigrations } from "../../../scripts/deploy-migrations.ts";
import { startEmbeddedPostgres } from "../../../scripts/embedded-postgres.ts";
import type { InstalledShop, InstallOptions, StoredRow } from "../../../sandbox/platform/types.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../../sandbox/start.ts";
import { TEST_APP } from "../../support/sandbox.ts";
import { createMerchants, type Merchants } from "./merchants.ts";

/** `plain`: the unmodified library in the same app; `ours`: the production build. */
export type Kind = "plain" | "ours";

/** One Postgres for a whole run of the benchmark, with a template at the current schema. */
export interface Databases {
  create(): Promise<{ url: string; drop(): Promise<void> }>;
  close(): Promise<void>;
}

export async function openDatabases(givenUrl = process.env.TEST_DATABASE_URL): Promise<Databases> {
  const server = givenUrl ? undefined : await startEmbeddedPostgres();
  const adminUrl = givenUrl ?? server!.url();
  const urlOf = (name: string) => Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href;
  const admin = new pg.Pool({ connectionString: adminUrl, max: 1 });
  admin.on("error", () => {});
  const template = `bench_${randomBytes(5).toString("hex")}`;
  await admin.query(`CREATE DATABASE "${template}"`);
  await deployMigrations(urlOf(template));
  return {
    async create() {
      const name = `${template}_${randomBytes(3).toString("hex")}`;
      await admin.query(`CREATE DATABASE "${name}" TEMPLATE "${template}"`);
      return {
        url: urlOf(name),
        drop: async () => void (await admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)),
      };
    },
    async close() {
      await admin.query(`DROP DATABASE IF EXISTS "${template}" WITH (FORCE)`);
      await admin.end();
      await server?.stop();
    },
  };
}

/** A simulator, a database of its own, and processes of one app on it. */
export interface World {
  kind: Kind;
  sandbox: Sandbox;
  databaseUrl: string;
  merchants: Merchants;
  processes: AppProcess[];
  migrationSecret: string;
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Installs shops at the simulator and writes the rows that an app has of them. */
  install(shops: ({ shop: string } & InstallOptions)[]): Promise<void>;
  /** The app's offline sessions. */
  rows(): Promise<StoredRow[]>;
  /** Makes the app believe that these shops' access tokens have expired; the simulator's clock moves by itself. */
  expire(shops: readonly string[]): Promise<void>;
  /** Starts process `index` again after it was killed, or another one in its place; of another release where its folder is given. */
  restart(index: number, root?: string): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  kind: Kind;
  databases: Pick<Databases, "create">;
  processes?: number;
  seed?: number;
  choices?: SandboxOptions["choices"];
  env?: Record<string, string>;
  /** On top of that, for one process. */
  envOf?: (index: number) => Record<string, string>;
  /** The folder of the release that starts first; this one's unless told. */
  root?: string;
}

export async function createWorld({
  kind,
  databases,
  processes = 2,
  seed = 1,
  choices,
  env,
  envOf,
  root,
}: WorldOptions): Promise<World> {
  const database = await databases.create();
  const sandbox = await startSandbox({
    app: { ...TEST_APP, legacyInstallFlow: true },
    port: 0,
    proxyPort: 0,
    seed,
    choices,
  });
  const pool = new pg.Pool({ connectionString: database.url, max: 4 });
  pool.on("error", () => {});
  const migrationSecret = randomBytes(32).toString("hex");
  const start = (index: number, folder?: string) =>
    startAppProcess({
      root: folder,
      entry: kind === "plain" ? "tests/benchmarks/races/plain/server.ts" : undefined,
      env: {
        SHOPIFY_API_KEY: TEST_APP.clientId,
        SHOPIFY_API_SECRET: TEST_APP.clientSecret,
        SHOPIFY_APP_URL: TEST_APP.url,
        SCOPES: TEST_APP.scopes.join(","),
        DATABASE_URL: database.url,
        MIGRATION_SECRET: migrationSecret,
        TOKEN_EXCHANGE_ENABLED: "true",
        LEGACY_INSTALL_FLOW_ENABLED: "true",
        LOG_LEVEL: "warn",
        // The plain library has no jobs; ours run.
        RUN_JOBS: kind === "ours" ? "true" : "false",
        ...sandbox.env,
        ...env,
        ...envOf?.(index),
      },
    });
  const started = await Promise.all(Array.from({ length: processes }, (_, index) => start(index, root)));
  const merchants = createMerchants(sandbox, TEST_APP.url, (index) => started[index % started.length]!.url);

  const query = async <Row extends pg.QueryResultRow>(sql: string, values?: unknown[]) =>
    (await pool.query<Row>(sql, values)).rows;
  return {
    kind,
    sandbox,
    databaseUrl: database.url,
    merchants,
    processes: started,
    migrationSecret,
    query,
    async install(shops) {
      const installed = await sandbox.client.installShops(shops);
      await storeRows(
        query,
        installed.filter((shop) => shop.accessToken !== undefined),
      );
    },
    rows: () =>
      query<StoredRow & pg.QueryResultRow>(
        `SELECT shop, "accessToken", "refreshToken" FROM "Session" WHERE NOT "isOnline"`,
      ),
    async expire(shops) {
      await query(
        `UPDATE "Session" SET expires = (now() - interval '1 minute') AT TIME ZONE 'UTC' WHERE shop = ANY($1) AND "refreshToken" IS NOT NULL`,
        [shops],
      );
    },
    async restart(index, folder) {
      // The old port would do, but a load balancer's next instance has another.
      started[index] = await start(index, folder);
    },
    async close() {
      await merchants.close();
      await Promise.all(started.map((app) => app.stop(3_000)));
      await sandbox.close();
      await pool.end();
      await database.drop();
    },
  };
}

async function storeRows(query: World["query"], shops: InstalledShop[]): Promise<void> {
  const now = Date.now();
  const at = (seconds: number | undefined) => (seconds ? new Date(now + seconds * 1_000).toISOString() : null);
  await query(
    `INSERT INTO "Session" (id, shop, state, scope, "accessToken", expires, "refreshToken", "refreshTokenExpires")
     SELECT 'offline_' || shop, shop, '', scope, access, expires::timestamptz AT TIME ZONE 'UTC', refresh, ends::timestamptz AT TIME ZONE 'UTC'
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS t(shop, scope, access, expires, refresh, ends)`,
    [
      shops.map(({ shop }) => shop),
      shops.map(({ scope }) => scope ?? null),
      shops.map(({ accessToken }) => accessToken),
      shops.map(({ expiresIn }) => at(expiresIn)),
      shops.map(({ refreshToken }) => refreshToken ?? null),
      shops.map(({ refreshTokenExpiresIn }) => at(refreshTokenExpiresIn)),
    ],
  );
}
