import { EventEmitter } from "node:events";
import { type Shopify, shopifyApi } from "@shopify/shopify-api";
import { abstractRuntimeString, setAbstractRuntimeString } from "@shopify/shopify-api/runtime";
import { type DatabaseClient, toDatabase } from "../../../app/infra/database/database.ts";
import { quotedTable, sessionLayout, withSessionTable } from "../../../app/infra/database/session-layout.ts";
import { createMetrics } from "../../../app/infra/metrics.server.ts";
import { registerRotationGauges } from "../../../app/process/rotation-gauges.ts";
import { registerGauges } from "../../../app/infra/register-gauges.ts";
import { SEALING_GAUGES } from "../../../app/process/sealing-gauges.ts";
import { readWatchFacts } from "../../../app/watch/watch-facts.ts";
import { registerWatchGauges } from "../../../app/watch/watch-gauges.ts";
import { markAcquired } from "../../../app/tokens/access/request-context.ts";
import {
  createTokens as createCore,
  installShopifyFetch,
  type TokenDependencies,
  type TokenLog,
  type Tokens,
} from "../../../app/tokens/index.ts";
import { rememberParts } from "./app-parts.ts";
import { findSecondCopy } from "./find-second-copy.ts";
import { reachRequiredBuild } from "./reach-required-build.ts";

/** The settings of the app, as `shopifyApp` is given them. */
export interface ApiSettings {
  apiKey: string;
  apiSecretKey: string;
  /** Where the app answers, e.g. `https://app.example.com`. */
  appUrl: string;
  scopes?: string[];
  /** Domains of shops beside myshopify.com, as `shopifyApp` is given them. */
  customShopDomains?: (RegExp | string)[];
  /** The Admin API version of `tokens.admin(shop).graphql`. */
  apiVersion: Shopify["config"]["apiVersion"];
}

export interface CreateTokensOptions extends Omit<TokenDependencies, "api" | "previousApi" | "database"> {
  /** A pool of `pg` or a Prisma client, on the Postgres that holds the sessions. */
  database: DatabaseClient;
  /** What `shopifyApi(…)` returned, or the settings to make it of. */
  api: Shopify | ApiSettings;
  /**
   * The previous client secret, while it is rotated: tells which chains it made, and asks again where only it can. `withTokens` and
   * `withExpressTokens` accept what Shopify signs with it.
   */
  previousSecret?: string;
}

/**
 * The life of offline access tokens, for one app in one phase. Make one per process and keep it; any number of processes may share a
 * database. Nothing starts by itself and nothing has to be closed. Calls to Shopify of every client of this copy of
 * @shopify/shopify-api end in time from now on, and keep the status of their errors.
 * @throws TypeError for a database that is neither a pool of `pg` nor a Prisma client on Postgres, and for other options that cannot be meant.
 */
export function createTokens({
  database,
  api: given,
  previousSecret,
  log,
  sessions: table,
  ...options
}: CreateTokensOptions): Tokens {
  refuseUnmeant(options.phase, given, table?.layout);
  const anyTable = toDatabase(database);
  const sessions = { ...table, layout: table?.layout ?? layoutOf(database) };
  surviveLostConnections(database, log ?? CONSOLE);
  const db = withSessionTable(anyTable, quotedTable(sessions));
  const api = "auth" in given ? given : createApi(given);
  const previous = previousApi(api, previousSecret);
  installShopifyFetch();
  reachRequiredBuild();
  const secondCopy = findSecondCopy();
  if (secondCopy) (log ?? CONSOLE).warn({}, secondCopy);
  const metrics = createMetrics({ withDefaults: false });
  const tokens = createCore({
    ...options,
    metrics: options.metrics ?? metrics,
    api,
    previousApi: previous,
    database,
    sessions,
    log: log ?? CONSOLE,
    onPairStored: (shop, how) => {
      if (how === "acquired") markAcquired(shop);
      return options.onPairStored?.(shop, how);
    },
  });
  const { registry } = metrics;
  const { phase, distribution = "app_store", clock = Date.now } = options;
  const layout = sessionLayout(sessions);
  registerWatchGauges(registry, () => readWatchFacts({ db, layout, tokens, phase, distribution, clock }));
  registerGauges(registry, SEALING_GAUGES, tokens.sealing);
  registerRotationGauges(registry, tokens);
  rememberParts(tokens, {
    api,
    secrets: [api.config.apiSecretKey, previous?.config.apiSecretKey],
    db,
    sessionLayout: layout,
    phase,
    clock,
    distribution,
    log: log ?? CONSOLE,
    metrics,
    registry,
  });
  return tokens;
}

/** An app in JavaScript has no compiler to say so, and a phase that is misspelt would be taken for another. */
function refuseUnmeant(phase: string, api: object | undefined, layout: string | undefined): void {
  if (!["legacy", "expand", "contract"].includes(phase))
    throw new TypeError("`phase` must be legacy, expand or contract");
  if (layout !== undefined && !["prisma", "postgresql"].includes(layout))
    throw new TypeError("`sessions.layout` must be prisma or postgresql");
  if (typeof api !== "object" || api === null)
    throw new TypeError("`api` must be what shopifyApi(…) returned, or its settings");
}

function previousApi({ config }: Shopify, secret: string | undefined): Shopify | undefined {
  if (!secret || secret === config.apiSecretKey) return undefined;
  return shopifyApi({ ...config, apiSecretKey: secret }) as Shopify;
}

/** An idle connection that the server ends is an event of its pool, which ends the process where nothing listens. */
function surviveLostConnections(database: DatabaseClient, log: TokenLog): void {
  if (!(database instanceof EventEmitter) || database.listenerCount("error") > 0) return;
  database.on("error", (error: Error) => log.warn({ reason: error.message }, "a connection to the database was lost"));
}

/** Shopify's storage on `pg` has a layout of its own. */
function layoutOf(database: DatabaseClient): "prisma" | "postgresql" {
  return "connect" in database && !("$queryRawUnsafe" in database) ? "postgresql" : "prisma";
}

/** The API library for tokens; each `shopifyApp` makes one of its own. */
function createApi({ appUrl, ...settings }: ApiSettings): Shopify {
  const url = URL.parse(appUrl);
  if (!url?.host) throw new TypeError("`api.appUrl` must be an address such as https://app.example.com");
  ensureRuntime();
  return shopifyApi({
    ...settings,
    hostName: url.host,
    hostScheme: url.protocol === "http:" ? "http" : "https",
    isEmbeddedApp: true,
  }) as Shopify;
}

/**
 * The library refuses to work before it knows its runtime. The app's own adapter may be loaded by now, and which one that is depends on its
 * framework: importing another here would break it.
 */
function ensureRuntime(): void {
  try {
    abstractRuntimeString();
  } catch {
    setAbstractRuntimeString(() => `Node ${process.version}`);
  }
}

/** What goes wrong is said where no logger was given; no line holds a token. */
const CONSOLE: TokenLog = {
  debug() {},
  info() {},
  warn: (fields, message) => console.warn(`expand-contract: ${message} ${JSON.stringify(fields)}`),
  error: (fields, message) => console.error(`expand-contract: ${message} ${JSON.stringify(fields)}`),
};
