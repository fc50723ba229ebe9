import type { IncomingMessage, ServerResponse } from "node:http";

import { openCall, wallNow } from "../platform/ledger/ledger.ts";
import { findSecrets } from "../platform/ledger/sightings.ts";
import type { Route } from "./route.ts";
import { sendJson } from "./answer.ts";
import { serveAuthorize } from "./authorize.ts";
import type { HttpContext } from "./context.ts";
import { serveControl } from "./control.ts";
import type { ControlVerbs } from "./control-verbs.ts";
import { serveGraphql } from "./graphql/endpoint.ts";
import { serveTokenEndpoint } from "./token-endpoint.ts";

const SHOP_HOST = /^[a-z0-9][a-z0-9-_]*\.myshopify\.com$/i;
const GRAPHQL_PATH = /^\/admin\/api\/([^/]+)\/graphql\.json$/;
const TOKEN_PATH = "/admin/oauth/access_token";
const MAY_HOLD_SECRET = /shp[a-z]{2}_|secret|token|eyJ/;

/** Serves one request by the host it names: a shop, or the simulator's own control API. Mounted routes come first. */
export function createHandler(context: HttpContext, verbs: ControlVerbs, routes: readonly Route[]) {
  return function handle(request: IncomingMessage, response: ServerResponse): void {
    serve(context, verbs, routes, request, response).catch((error: unknown) => {
      if (!response.headersSent)
        sendJson(response, 500, { errors: "The simulator itself failed", detail: String(error) });
      else response.destroy();
    });
  };
}

async function serve(
  context: HttpContext,
  verbs: ControlVerbs,
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const hostHeader = request.headers.host ?? "localhost";
  const colon = hostHeader.indexOf(":");
  const hostname = (colon < 0 ? hostHeader : hostHeader.slice(0, colon)).toLowerCase();
  const target = request.url ?? "/";
  const shop = SHOP_HOST.test(hostname) ? hostname : undefined;

  if (shop !== undefined && target === TOKEN_PATH && request.method === "POST") {
    return serveTokenEndpoint(context, request, response, shop, NO_QUERY);
  }
  const url = new URL(target, `http://${URL.canParse(`http://${hostHeader}`) ? hostHeader : "localhost"}`);
  for (const route of routes) if (await route(request, response, url)) return;
  if (shop === undefined) {
    if (url.pathname === "/healthz") return sendJson(response, 200, { status: "ok" });
    if (url.pathname === "/control" || url.pathname.startsWith("/control/")) {
      return serveControl(verbs, request, response, url);
    }
    return sendJson(response, 404, { errors: "Not Found" });
  }
  lookForSecrets(context, request, target);
  if (url.pathname === TOKEN_PATH) {
    if (request.method === "POST") return serveTokenEndpoint(context, request, response, shop, url);
    return sendJson(response, 405, { errors: "Method Not Allowed" }, { allow: "POST" });
  }
  if (url.pathname === "/admin/oauth/authorize") return serveAuthorize(context, request, response, shop, url);
  const graphql = GRAPHQL_PATH.exec(url.pathname);
  if (graphql && request.method === "POST") return serveGraphql(context, request, response, shop, graphql[1] as string);
  const { state } = context.platform;
  const endpoint = url.pathname.startsWith("/admin/api/") ? "rest" : "other";
  const call = openCall(state.ledger, { endpoint, shop, at: state.clock.now() });
  Object.assign(call, { status: 404, outcome: "not_simulated", endedWall: wallNow() });
  sendJson(response, 404, { errors: "Not Found" });
}

const NO_QUERY = new URL("http://shop.myshopify.com/");

/** Query strings, referers and user agents end in logs everywhere: no secret may be in one. */
function lookForSecrets({ platform }: HttpContext, request: IncomingMessage, target: string): void {
  const { state } = platform;
  const places: [string, string | undefined][] = [
    ["url", target],
    ["referer", request.headers.referer],
    ["user-agent", request.headers["user-agent"]],
  ];
  for (const [where, text] of places) {
    if (text === undefined || !MAY_HOLD_SECRET.test(text)) continue;
    state.ledger.sightings.push(...findSecrets(state, text, where));
  }
}
