import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { type AppProcess, startAppProcess } from "../../scripts/app-process.ts";
import { findFreePort } from "../../scripts/free-port.ts";
import { PHASES, type DemoPhase } from "../../scripts/demo/demo-app.ts";
import { type Sandbox, startSandbox } from "../../sandbox/start.ts";
import type { BegunInstall } from "./doors/auth.ts";
import { FUZZED_APP, OWN_SHOP, VICTIMS, WEBHOOK_SHOP } from "./identities.ts";

/** The built app on a database and a simulator of its own, with shops of strangers and victims. */
export interface FuzzWorld {
  app: AppProcess;
  sandbox: Sandbox;
  migrationSecret: string;
  /** None in contract, where the authorization code grant is closed. */
  begun: BegunInstall | undefined;
  /** Milliseconds of processor time that the app's event loop was busy at a stretch, at most, since the last question. */
  pauseMs(): Promise<number>;
  memory(): Promise<Memory>;
  /** A fingerprint of what is stored, by table; rows about the stranger's own shops left out. */
  stored(): Promise<Record<string, string>>;
  /** Values that must be in no answer and no line of the log. */
  secrets(): Promise<string[]>;
  close(): Promise<void>;
}

export interface Memory {
  heapUsed: number;
  external: number;
  rss: number;
}

export interface FuzzWorldOptions {
  databaseUrl: string;
  phase: DemoPhase;
  onOutput: (text: string) => void;
}

const PROBE = pathToFileURL(join(import.meta.dirname, "app-probe.ts")).href;

export async function createFuzzWorld({ databaseUrl, phase, onOutput }: FuzzWorldOptions): Promise<FuzzWorld> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  pool.on("error", () => {});
  const sandbox = await startSandbox({
    app: { ...FUZZED_APP, legacyInstallFlow: phase !== "contract" },
    port: 0,
    proxyPort: 0,
  });
  await storeVictims(sandbox, pool);
  const migrationSecret = randomBytes(32).toString("hex");
  const probePort = await findFreePort();
  const app = await startAppProcess({
    onOutput,
    env: {
      SHOPIFY_API_KEY: FUZZED_APP.clientId,
      SHOPIFY_API_SECRET: FUZZED_APP.clientSecret,
      SHOPIFY_APP_URL: FUZZED_APP.url,
      SCOPES: FUZZED_APP.scopes.join(","),
      DATABASE_URL: databaseUrl,
      MIGRATION_SECRET: migrationSecret,
      TOKEN_EXCHANGE_ROLLOUT: `100%,-${VICTIMS.codeFlow}`,
      // Permanent tokens of victims remain: that is what is to be protected.
      ...(phase === "contract" ? { CONTRACT_ANYWAY: "true" } : {}),
      LOG_LEVEL: "debug",
      NODE_OPTIONS: `--import=${PROBE} --disable-warning=ExperimentalWarning`,
      FUZZ_PROBE_PORT: String(probePort),
      ...PHASES[phase],
      ...sandbox.env,
    },
  });
  const ask = async <T>(path: string) => (await (await fetch(`http://127.0.0.1:${probePort}${path}`)).json()) as T;
  return {
    app,
    sandbox,
    migrationSecret,
    begun: phase === "contract" ? undefined : await beginInstall(app),
    pauseMs: async () => (await ask<{ ms: number }>("/pause")).ms,
    memory: () => ask<Memory>("/memory"),
    stored: () => fingerprints(pool),
    async secrets() {
      const { rows } = await pool.query<{ accessToken: string; refreshToken: string | null }>(
        `SELECT "accessToken", "refreshToken" FROM "Session"`,
      );
      const tokens = rows.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken ?? ""]);
      const password = decodeURIComponent(new URL(databaseUrl).password);
      return [...tokens, FUZZED_APP.clientSecret, migrationSecret, password].filter((secret) => secret.length > 8);
    },
    async close() {
      await app.stop();
      await sandbox.close();
      await pool.end();
    },
  };
}

async function storeVictims(sandbox: Sandbox, pool: pg.Pool): Promise<void> {
  const installed = await sandbox.client.installShops([
    { shop: VICTIMS.permanent, token: "permanent" },
    { shop: VICTIMS.pair, token: "expiring" },
    { shop: VICTIMS.expired, token: "expiring" },
    { shop: VICTIMS.codeFlow, token: "permanent" },
    { shop: OWN_SHOP, token: "none" },
  ]);
  await sandbox.client.createShop(WEBHOOK_SHOP);
  for (const { shop, accessToken, refreshToken } of installed) {
    if (!accessToken) continue;
    const hours = shop === VICTIMS.expired ? -1 : 1;
    await pool.query(
      `INSERT INTO "Session" (id, shop, state, scope, "accessToken", "refreshToken", expires, "refreshTokenExpires")
       VALUES ('offline_' || $1, $1, '', 'read_products', $2, $3::text,
         CASE WHEN $3::text IS NOT NULL THEN (now() + $4 * interval '1 hour') AT TIME ZONE 'UTC' END,
         CASE WHEN $3::text IS NOT NULL THEN (now() + interval '80 days') AT TIME ZONE 'UTC' END)`,
      [shop, accessToken, refreshToken ?? null, hours],
    );
  }
}

/** The stranger begins to install the app in the own store, and keeps what the browser was given. */
async function beginInstall(app: AppProcess): Promise<BegunInstall | undefined> {
  const response = await fetch(`${app.url}/auth?shop=${OWN_SHOP}`, {
    redirect: "manual",
    headers: { "User-Agent": "Mozilla/5.0 Chrome/147.0.0.0 Safari/537.36", "X-Forwarded-Proto": "https" },
  });
  await response.body?.cancel();
  const state = URL.parse(response.headers.get("location") ?? "")?.searchParams.get("state");
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  return state ? { state, cookies: cookies.join("; ") } : undefined;
}

/**
 * Tables that the app writes by itself, whatever is sent: what the queue keeps beside its jobs, and what the watch, which looks every
 * five minutes, saw last.
 */
const OWN_DOING = /^(pgboss|expand_contract_jobs)\.(?!job)|^expand_contract\."WatchState"$/;

async function fingerprints(pool: pg.Pool): Promise<Record<string, string>> {
  const { rows: tables } = await pool.query<{ name: string; shop: boolean; data: boolean }>(`
    SELECT format('%I.%I', t.table_schema, t.table_name) AS name,
           EXISTS (SELECT FROM information_schema.columns c WHERE c.table_schema = t.table_schema
             AND c.table_name = t.table_name AND c.column_name = 'shop') AS shop,
           EXISTS (SELECT FROM information_schema.columns c WHERE c.table_schema = t.table_schema
             AND c.table_name = t.table_name AND c.column_name = 'data' AND c.data_type = 'jsonb') AS data
    FROM information_schema.tables t
    WHERE t.table_type = 'BASE TABLE' AND t.table_schema NOT IN ('pg_catalog', 'information_schema')`);
  const result: Record<string, string> = {};
  for (const { name, shop, data } of tables) {
    if (OWN_DOING.test(name)) continue;
    const where = shop
      ? `WHERE t.shop <> ALL($1)`
      : data
        ? `WHERE t.data->>'shop' <> ALL($1)`
        : `WHERE $1::text[] IS NOT NULL`;
    const { rows } = await pool.query<{ count: string; digest: string | null }>(
      `SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) AS digest FROM ${name} t ${where}`,
      [[OWN_SHOP, WEBHOOK_SHOP]],
    );
    result[name] = `${rows[0]!.count} rows, ${rows[0]!.digest ?? "empty"}`;
  }
  return result;
}
