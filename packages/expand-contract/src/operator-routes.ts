import { operatorRoute } from "../../../app/operator/access/operator-route.server.ts";
import { createFailedAttempts } from "../../../app/operator/access/failed-attempts.server.ts";
import { problemResponse } from "../../../app/operator/access/problem.ts";
import { describeShop, listShops } from "../../../app/operator/console/show/shops-json.server.ts";
import { showTokenHealth } from "../../../app/operator/health/show-token-health.server.ts";
import { repin } from "../../../app/operator/secrets/client-secret.server.ts";
import {
  continueMigration,
  showLatestMigration,
  showMigration,
  stopMigration,
} from "../../../app/operator/run/show-migration.server.ts";
import { startMigration } from "../../../app/operator/run/start-migration.server.ts";
import type { Tokens } from "../../../app/tokens/index.ts";
import { findParts } from "./app-parts.ts";
import { createMigrations, type Migrations } from "./create-migrations.ts";
import { type OperatorServices, withServices } from "./operator-services.ts";

/** A secret shorter than this could be guessed. */
const SHORTEST_SECRET = 32;

export interface OperatorRoutesOptions {
  tokens: Tokens;
  /** Opens everything: 32 characters or more. Undefined: every route answers 404. */
  secret: string | undefined;
  /** Opens the health report alone, for a monitor. */
  monitorSecret?: string;
  /** Where the run is kept; made of `tokens` unless given. */
  migrations?: Migrations;
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
 * The operator's routes: `/admin/migrate-tokens`, `/admin/migrate-tokens/<id>`, `/admin/shops`, `/admin/shops/<domain>`, `/admin/client-secret` and
 * `/admin/token-health`, below whatever path the app mounts them at; every other address answers 404.
 * @throws TypeError for a secret that is too short.
 */
export function operatorRoutes(options: OperatorRoutesOptions): OperatorRoutes {
  const { tokens, secret, monitorSecret } = options;
  for (const given of [secret, monitorSecret]) {
    if (given !== undefined && given.length < SHORTEST_SECRET)
      throw new TypeError(`A secret of operatorRoutes needs ${SHORTEST_SECRET} characters: openssl rand -hex 32`);
  }
  const { db, sessionLayout, phase, distribution, log } = findParts(tokens);
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
        { GET: ({ request }) => showLatestMigration(request), POST: ({ request }) => startMigration(request) },
        open([secret]),
      ),
    },
    {
      path: /\/migrate-tokens\/([^/]{1,64})\/?$/,
      route: operatorRoute(
        {
          GET: ({ request, params }) => showMigration(request, params.id ?? ""),
          POST: ({ params }) => continueMigration(params.id ?? ""),
          DELETE: ({ params }) => stopMigration(params.id ?? ""),
        },
        open([secret]),
      ),
    },
    { path: /\/client-secret\/?$/, route: operatorRoute({ POST: ({ request }) => repin(request) }, open([secret])) },
    {
      path: /\/shops\/?$/,
      route: operatorRoute({ GET: ({ request }) => listShops(request) }, open([secret])),
    },
    {
      path: /\/shops\/([^/]{1,255})\/?$/,
      route: operatorRoute({ GET: ({ params }) => describeShop(params.id) }, open([secret])),
    },
    { path: /\/token-health\/?$/, route: operatorRoute({ GET: showTokenHealth }, open([secret, monitorSecret])) },
  ];

  const handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    for (const { path, route } of ROUTES) {
      const match = path.exec(pathname);
      if (!match) continue;
      const clientAddress = (options.addressOf ?? forwardedFor)(request);
      const args = { request, params: { id: match[1] }, context: { clientAddress } };
      return withServices(services, () => route.loader(args as never));
    }
    return problemResponse({
      status: 404,
      code: "not_found",
      title: "Not Found",
      detail:
        "The operator's routes are /admin/migrate-tokens, /admin/shops, /admin/client-secret and /admin/token-health.",
    });
  };
  return { handle, loader: ({ request }) => handle(request), action: ({ request }) => handle(request) };
}

/** The last hop that a proxy of ours added; all who come without one share a limit. */
function forwardedFor(request: Request): string {
  return request.headers.get("x-forwarded-for")?.slice(-64).split(",").at(-1)?.trim() || "unknown";
}
