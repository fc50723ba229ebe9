import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "@shopify/shopify-api/adapters/web-api";
import { ApiVersion, shopifyApi } from "@shopify/shopify-api";
import { systemClock } from "./infra/clock.ts";
import { openDatabase } from "./infra/database/open-database.ts";
import { PRISMA_LAYOUT } from "./infra/database/session-layout.ts";
import { EnvironmentError, parseEnv, type Env } from "./infra/env.server.ts";
import { createFlags } from "./infra/flags/flags.server.ts";
import { createLogger, type Logger } from "./infra/log/log.server.ts";
import { createMetrics } from "./infra/metrics.server.ts";
import { secretsOf } from "./infra/log/secrets-of.ts";
import { openTraces } from "./infra/traces.server.ts";
import { createJobs } from "./jobs/queue/create-jobs.ts";
import { createMigrations } from "./migration/index.ts";
import { createFailedAttempts } from "./operator/access/failed-attempts.server.ts";
import { createTokens, installShopifyFetch, parseTokenKeys, readApplicationKey, type Tokens } from "./tokens/index.ts";
import { createWatch } from "./watch/watch.ts";
import { registerWatchGauges } from "./watch/watch-gauges.ts";
import { registerRotationGauges } from "./process/rotation-gauges.ts";
import { registerGauges } from "./infra/register-gauges.ts";
import { SEALING_GAUGES } from "./process/sealing-gauges.ts";
import { shopifyLogger } from "./process/shopify-logger.server.ts";

/** The Admin API version that queries are written against; the same as in shopify.app.toml. */
export const API_VERSION = ApiVersion.October26;

/** How long after a process began to stop a call may still begin: its whole timeout, and the writing of its answer, end before the drain does. */
const LAST_CALL_MS = 10_000;

/** Everything that lives as long as the process, wired together in one place. Knows no Remix: the worker uses it as well. */
export type Services = Awaited<ReturnType<typeof createServices>>;

/**
 * Wires the app together.
 * @throws EnvironmentError listing everything that is wrong with the environment.
 */
async function createServices(source: Record<string, string | undefined>) {
  const env = parseEnv(source);
  const log = openLog(env, source);
  const metrics = createMetrics();
  const traces = await openTraces(source);
  const db = openDatabase(env.DATABASE_URL, {
    poolSize: env.DATABASE_POOL_SIZE,
    statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
    onError: (error) => log.warn({ err: error }, "database connection lost"),
  });
  const flags = await createFlags({ enabled: env.TOKEN_EXCHANGE_ENABLED, rollout: env.TOKEN_EXCHANGE_ROLLOUT });

  // One fetch for every call to Shopify, ours and the libraries'. Their adapter, imported above, has put the plain one there.
  installShopifyFetch();
  const api = createApi(env, log);
  const { SHOPIFY_API_SECRET_PREVIOUS: previous } = env;
  const previousSecret = previous === env.SHOPIFY_API_SECRET ? undefined : previous;
  const previousApi = previousSecret ? shopifyApi({ ...api.config, apiSecretKey: previousSecret }) : undefined;
  const signers = previousApi ? [api, previousApi] : [api];
  const stopping = new AbortController();
  let stoppingAt: number | undefined;
  const tokens: Tokens = createTokens({
    api,
    previousApi,
    database: db,
    phase: env.phase,
    distribution: env.APP_DISTRIBUTION,
    emergency: {
      secrets: [env.SHOPIFY_API_SECRET, env.SHOPIFY_API_SECRET_PREVIOUS].filter((secret) => secret !== undefined),
      directory: env.EMERGENCY_RECORD_DIR ?? emergencyDirectory(env),
    },
    log,
    metrics,
    startTokenCall: traces?.startTokenCall,
    applicationKey: readKey(env, ""),
    previousApplicationKey: readKey(env, "_PREVIOUS"),
    encryption: { keys: readTokenKeys(env), seals: env.TOKEN_ENCRYPTION_SEAL },
    mayCall: () => stoppingAt === undefined || performance.now() - stoppingAt < LAST_CALL_MS,
    onPairStored: (shop, how) => jobs.onPairStored(shop, how),
  });
  const watch = createWatch({
    db,
    tokens,
    phase: env.phase,
    distribution: env.APP_DISTRIBUTION,
    clock: systemClock,
    log,
    appUrl: env.SHOPIFY_APP_URL,
    receiver: env.ALERT_WEBHOOK_URL ? { url: env.ALERT_WEBHOOK_URL, secret: env.ALERT_WEBHOOK_SECRET } : undefined,
  });
  registerWatchGauges(metrics.registry, watch.facts);
  const jobs = createJobs({
    databaseUrl: env.DATABASE_URL,
    statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
    tokens,
    db,
    watch,
    log,
    metrics,
  });
  const migrations = createMigrations({ db, tokens, phase: env.phase, log, metrics });

  registerGauges(metrics.registry, SEALING_GAUGES, tokens.sealing);
  registerRotationGauges(metrics.registry, tokens);

  let ended: Promise<void> | undefined;
  const beginStop = () => {
    stoppingAt ??= performance.now();
    stopping.abort();
    return (ended ??= Promise.all([migrations.close(), jobs.stop()]).then(() => {}));
  };
  return {
    env,
    log,
    metrics,
    db,
    /** How the table of sessions keeps times: this app's is Prisma's. */
    sessionLayout: PRISMA_LAYOUT,
    flags,
    api,
    /** The same, once for each client secret: during a rotation Shopify signs with the oldest one that is not revoked. */
    signers,
    tokens,
    migrations,
    jobs,
    failedAttempts: createFailedAttempts(),
    /** Aborted when the process begins to stop: streams and waiting requests end then. */
    stopping: stopping.signal,
    /** Takes up no further background work and lets what is under way end. Harmless to call again. */
    beginStop,
    /** The same; then closes the database. */
    stop: async () => {
      await beginStop();
      await Promise.all([db.close(), traces?.close().catch(() => {})]);
    },
  };
}

function readKey(env: Env, suffix: "" | "_PREVIOUS") {
  const { [`SHOPIFY_APP_KEY_ID${suffix}` as const]: keyId, [`SHOPIFY_APP_PRIVATE_KEY${suffix}` as const]: pem } = env;
  if (!keyId || !pem) return undefined;
  return readVariable(`SHOPIFY_APP_PRIVATE_KEY${suffix}`, () => readApplicationKey(env.SHOPIFY_API_KEY, keyId, pem));
}

function readTokenKeys({ TOKEN_ENCRYPTION_KEYS: text }: Env) {
  return text === undefined ? [] : readVariable("TOKEN_ENCRYPTION_KEYS", () => parseTokenKeys(text));
}

/** @throws EnvironmentError which says what `read` found wrong. */
function readVariable<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new EnvironmentError([`${name} ${cause instanceof Error ? cause.message : "cannot be read"}`]);
  }
}

/** Of this app on this database, and no other. */
function emergencyDirectory({ SHOPIFY_API_KEY, DATABASE_URL }: Env): string {
  const name = createHash("sha256").update(`${SHOPIFY_API_KEY} ${DATABASE_URL}`).digest("hex").slice(0, 16);
  return join(tmpdir(), `expand-contract-${name}`);
}

/** The API library for the tokens domain. Each `shopifyApp` makes one of its own. */
function createApi(env: Env, log: Logger) {
  const url = new URL(env.SHOPIFY_APP_URL);
  return shopifyApi({
    apiKey: env.SHOPIFY_API_KEY,
    apiSecretKey: env.SHOPIFY_API_SECRET,
    scopes: env.SCOPES,
    hostName: url.host,
    hostScheme: url.protocol === "http:" ? "http" : "https",
    apiVersion: API_VERSION,
    isEmbeddedApp: true,
    logger: shopifyLogger(log),
  });
}

function openLog(env: Env, source: Record<string, string | undefined>): Logger {
  const log = createLogger(env.LOG_LEVEL, secretsOf({ ...source, ...env }));
  if (env.phase !== "contract" || !env.CONTRACT_ANYWAY) return log;
  return log.child({ contractAnyway: "CONTRACT_ANYWAY=true: permanent tokens may remain" });
}

const kept = globalThis as typeof globalThis & { __services?: Promise<Services> };

/** This process's services. In development they outlive a reload of the code: one pool, one metrics registry. */
export const services: Services = await (process.env.NODE_ENV === "development"
  ? (kept.__services ??= createServices(process.env))
  : createServices(process.env));
