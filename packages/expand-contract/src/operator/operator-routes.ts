import { operatorRoute } from "../../../../app/operator/access/operator-route.server.ts";
import { createFailedAttempts } from "../../../../app/operator/access/failed-attempts.server.ts";
import { problemResponse } from "../../../../app/operator/access/problem.ts";
import { showDeadLetters, retryDeadLetters } from "../../../../app/operator/health/dead-letters.server.ts";
import { probeApplicationToken } from "../../../../app/operator/health/probe-application-token.server.ts";
import { showMetrics } from "../../../../app/operator/health/show-metrics.server.ts";
import { showTokenHealth } from "../../../../app/operator/health/show-token-health.server.ts";
import { repin, showClientSecret } from "../../../../app/operator/secrets/client-secret.server.ts";
import { describeShop, listShops } from "../../../../app/operator/console/show/shops-json.server.ts";
import {
  continueMigration,
  showLatestMigration,
  showMigration,
  stopMigration,
} from "../../../../app/operator/run/show-migration.server.ts";
import { convertTokens } from "../../../../app/operator/secrets/token-encryption.server.ts";
import { notReadyBecause } from "../../../../app/process/readiness.ts";
import { startMigration } from "../../../../app/operator/run/start-migration.server.ts";
import type { Tokens } from "../../../../app/tokens/index.ts";
import { findParts } from "../app-parts.ts";
import { createMigrations, type Migrations } from "../create-migrations.ts";
import { type DeadLetterQueue, NO_DEAD_LETTERS } from "./dead-letter-queue.ts";
import { type OperatorServices, withServices } from "./operator-services.ts";

/** A secret shorter than this could be guessed. */
const SHORTEST_SECRET = 32;

export interface OperatorRoutesOptions {
  tokens: Tokens;
  /** Opens everything: 32 characters or more. Its type lets an environment be passed on as it is; undefined is refused. */
  secret: string | undefined;
  /** Opens the health report and the metrics alone, for a monitor. */
  monitorSecret?: string;
  /** Where the run is kept; made of `tokens` unless given. */
  migrations?: Migrations;
  /** What `/admin/dead-letters` shows and gives another chance; none unless told. */
  deadLetters?: DeadLetterQueue;
  /** The client's address, for the limit of wrong secrets; from `X-Forwarded-For` unless told. */
  addressOf?: (request: Request) => string;
}

/** Request → Response, and the same as a route of Remix or React Router. */
export interface OperatorRoutes {
  handle(request: Request): Promise<Response>;
  loader(args: { request: Request }): Promise<Response>;
  action(args: { request: Request }): Promise<Response>;
}

/**
 * The operator's routes: `/admin/migrate-tokens`, `/admin/migrate-tokens/<id>`, `/admin/token-health`, `/admin/dead-letters`, `/admin/metrics`,
 * `/admin/shops`, `/admin/shops/<domain>`, `/admin/client-secret`, `/admin/token-encryption` and `/admin/application-token`, below whatever
 * path the app mounts them at; every other address answers 404.
 * `/admin/readyz` needs no secret and says nothing but whether this instance should be sent requests.
 * @throws TypeError for a secret that is missing or too short.
 */
export function operatorRoutes(options: OperatorRoutesOptions): OperatorRoutes {
  const { tokens, secret, monitorSecret } = options;
  requireSecret("secret", secret);
  if (monitorSecret !== undefined) requireSecret("monitorSecret", monitorSecret);
  if (monitorSecret === secret)
    throw new TypeError("`monitorSecret` of operatorRoutes must not be `secret`, which opens everything");
  const { db, sessionLayout, phase, distribution, log, registry } = findParts(tokens);
  const deadLetters = options.deadLetters ?? NO_DEAD_LETTERS;
  const migrations = options.migrations ?? createMigrations(tokens);
  migrations.startWorker();
  const services: OperatorServices = {
    env: {
      phase,
      APP_DISTRIBUTION: distribution,
      TOKEN_EXCHANGE_ROLLOUT: { percent: 100, exclude: new Set() },
    },
    db,
    sessionLayout,
    flags: { usesTokenExchange: async () => phase !== "legacy" },
    tokens,
    migrations,
    jobs: { deadLetters: (limit) => deadLetters.list(limit), retryDeadLetters: () => deadLetters.retry() },
    metrics: { registry },
    log,
    stopping: new AbortController().signal,
  };

  const failedAttempts = createFailedAttempts();
  const open = (secrets: (string | undefined)[]) => ({
    secrets: secrets.filter((one) => one !== undefined),
    failedAttempts,
    onOutage: () => log.error({}, "the database cannot be reached"),
    onRefused: (fields: object) => log.warn(fields, "wrong operator secret"),
  });
  const ROUTES = [
    {
      path: /\/migrate-tokens\/?$/,
      route: operatorRoute(
        {
          GET: ({ request, context }) => showLatestMigration(request, context.gone),
          POST: ({ request, context }) => startMigration(request, context.gone),
        },
        open([secret]),
      ),
    },
    {
      path: /\/migrate-tokens\/([^/]{1,64})\/?$/,
      route: operatorRoute(
        {
          GET: ({ request, params, context }) => showMigration(request, params.id ?? "", context.gone),
          POST: ({ params }) => continueMigration(params.id ?? ""),
          DELETE: ({ params }) => stopMigration(params.id ?? ""),
        },
        open([secret]),
      ),
    },
    {
      path: /\/client-secret\/?$/,
      route: operatorRoute({ GET: showClientSecret, POST: ({ request }) => repin(request) }, open([secret])),
    },
    {
      path: /\/shops\/?$/,
      route: operatorRoute({ GET: ({ request }) => listShops(request) }, open([secret])),
    },
    {
      path: /\/shops\/([^/]{1,255})\/?$/,
      route: operatorRoute({ GET: ({ params }) => describeShop(params.id) }, open([secret])),
    },
    { path: /\/token-health\/?$/, route: operatorRoute({ GET: showTokenHealth }, open([secret, monitorSecret])) },
    { path: /\/metrics\/?$/, route: operatorRoute({ GET: showMetrics }, open([secret, monitorSecret])) },
    {
      path: /\/dead-letters\/?$/,
      route: operatorRoute({ GET: showDeadLetters, POST: retryDeadLetters }, open([secret])),
    },
    {
      path: /\/token-encryption\/?$/,
      route: operatorRoute({ POST: ({ request }) => convertTokens(request) }, open([secret])),
    },
    {
      path: /\/application-token\/?$/,
      route: operatorRoute({ POST: ({ request }) => probeApplicationToken(request) }, open([secret])),
    },
  ];

  const readyz = async (): Promise<Response> => {
    const reason = await notReadyBecause({ db, tokens });
    if (!reason) return Response.json({ status: "ready" });
    log.warn({ reason }, "not ready");
    return Response.json({ status: "not ready" }, { status: 503, headers: { "Retry-After": "5" } });
  };

  const handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (/\/readyz\/?$/.test(pathname) && (request.method === "GET" || request.method === "HEAD")) return readyz();
    for (const { path, route } of ROUTES) {
      const match = path.exec(pathname);
      if (!match) continue;
      const clientAddress = (options.addressOf ?? forwardedFor)(request);
      const args = { request, params: { id: match[1] }, context: { clientAddress, gone: request.signal } };
      return withServices(services, () => route.loader(args as never));
    }
    return problemResponse({
      status: 404,
      code: "not_found",
      detail:
        "The operator's routes are /admin/migrate-tokens, shops, token-health, dead-letters, metrics, readyz, client-secret, token-encryption and application-token.",
    });
  };
  return { handle, loader: ({ request }) => handle(request), action: ({ request }) => handle(request) };
}

/** @throws TypeError in words for the log of a start. */
function requireSecret(name: string, given: string | undefined): asserts given is string {
  if (given !== undefined && given.trim().length >= SHORTEST_SECRET) return;
  const found = given === undefined ? "is undefined" : `has ${given.trim().length} characters`;
  throw new TypeError(
    `\`${name}\` of operatorRoutes ${found} and needs ${SHORTEST_SECRET} or more: openssl rand -hex 32. Is its variable set where the app starts?`,
  );
}

/** The last hop that a proxy of ours added; all who come without one share a limit. */
function forwardedFor(request: Request): string {
  return request.headers.get("x-forwarded-for")?.slice(-64).split(",").at(-1)?.trim() || "unknown";
}
