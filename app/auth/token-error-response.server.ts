import { redirect } from "@remix-run/node";
import { isDatabaseUnable } from "../infra/database/is-database-outage.ts";
import { findShopDomain } from "../infra/shop-domain.ts";
import { services } from "../services.server.ts";
import { isOfTheApp, TokenError, TransientError } from "../tokens/index.ts";
import { OddParameterError, readParameters, type Parameters } from "./identity/read-parameters.ts";
import { IdTokenRefusedError } from "./identity/verify-id-token.server.ts";
import type { InstallFlow } from "./install/install-flow.server.ts";
import type { PageProblem } from "./page-problem.ts";
import { adminHost, authorizationCodeUrl, exitIframePath, inLanguage } from "./shopify-addresses.server.ts";

const RETRY_WITH_NEW_ID_TOKEN = { "X-Shopify-Retry-Invalid-Session-Request": "1" };
const REAUTHORIZE_URL_HEADER = "X-Shopify-API-Request-Failure-Reauthorize-Url";
/** Marks a document that was bounced for a new ID token once; a second time would go round in circles. */
const BOUNCED = "bounced";
/** A merchant who comes back within this is on the way that we have sent them. */
const ROUND_MS = 5 * 60_000;
const LATEST_EVENTS = 10;
const DEFAULT_RETRY_AFTER_MS = 5_000;
const ODD_ADDRESS: PageProblem = { code: "odd_address", next: "/auth/login" };

/**
 * Turns whatever went wrong while serving the embedded app into the response to throw. The only place where errors of identity and of
 * the tokens domain, and a database that is away, become HTTP. Responses and foreign errors pass unchanged.
 * @param flow of the verified shop; undefined while no shop is verified.
 */
export async function toResponse(error: unknown, request: Request, flow: InstallFlow | undefined): Promise<unknown> {
  const { log } = services;
  if (isDatabaseUnable(error)) {
    log.error({ err: error }, "the database cannot be reached");
    return unavailable("busy");
  }
  if (error instanceof OddParameterError) return problemResponse(400, ODD_ADDRESS);
  if (error instanceof IdTokenRefusedError) {
    return error.kind === "stale"
      ? askForIdToken(request)
      : problemResponse(401, { code: "not_admin", next: "/auth/login" });
  }
  if (!(error instanceof TokenError)) return error;
  switch (error.code) {
    case "reauthorization_required":
      log.info({ shop: error.shop, reason: error.reason, flow }, "asking the merchant's browser for a new grant");
      return flow === "token_exchange"
        ? askForIdToken(request)
        : askForAuthorization(request, error.shop, "authorized_in_vain", 2);
    case "invalid_id_token":
      return askForIdToken(request);
    case "transient":
    case "incomplete_pair":
      log.warn({ err: error, shop: error.shop }, "Shopify cannot be asked now");
      return unavailable("shopify_unreachable", error);
    case "shop_suspended":
      return problemResponse(423, { code: "shop_suspended" });
    case "configuration":
      if (!isOfTheApp(error.reason)) {
        const message = "Shopify does not know the app for this shop: a new or closed store?";
        log.warn({ err: error, shop: error.shop }, message);
        return unavailable("shopify_unreachable");
      }
      log.error({ err: error, shop: error.shop }, "the app is not set up correctly");
      return problemResponse(500, { code: "configuration" });
    case "storage_unfit":
    case "token_unreadable":
      log.error({ err: error, shop: error.shop }, "a token could not be stored or read");
      return unavailable("busy");
    case "permanent_token_refused":
    case "admin_api_refused":
    case "graphql_errors":
      log.error({ err: error, shop: error.shop }, "a page could not be served");
      return problemResponse(502, { code: "shopify_refused" });
  }
}

/** To be asked again after what Shopify asked for, else a few seconds. */
function unavailable(code: "busy" | "shopify_unreachable", error?: TokenError): Response {
  const askedMs = error instanceof TransientError ? error.retryAfterMs : undefined;
  const seconds = Math.ceil((askedMs ?? DEFAULT_RETRY_AFTER_MS) / 1000);
  return problemResponse(503, { code }, { "Retry-After": String(seconds) });
}

/**
 * The browser gets a new ID token and asks again: App Bridge by itself for data, the bounce page for documents. The bounce page needs
 * to be told the shop and the Admin's host; that shop proves nothing; only the next ID token does.
 */
function askForIdToken(request: Request): Response {
  if (request.headers.has("authorization")) return problemResponse(401, { code: "reopen" }, RETRY_WITH_NEW_ID_TOKEN);
  // Without App Bridge no request of the page says who is asking.
  if (request.headers.get("sec-fetch-dest") === "empty") return problemResponse(401, { code: "scripts_blocked" });
  const parameters = readParameters(request);
  if (parameters.get(BOUNCED)) return problemResponse(401, { code: "reopen" });
  const shop = findShopDomain(parameters.get("shop"));
  if (!shop) return redirect(inLanguage("/auth/login", parameters.get("locale")));
  const query = parameters.all();
  query.delete("id_token");
  query.set(BOUNCED, "1");
  if (!parameters.get("host")) query.set("host", adminHost(shop));
  const target = new URLSearchParams(query);
  target.set("shopify-reload", `${services.env.SHOPIFY_APP_URL}${parameters.path}?${query}`);
  return redirect(`/auth/session-token?${target}`);
}

/**
 * The authorization code grant happens outside of the iframe: App Bridge leaves it for data, the exit page for documents. It is not asked
 * for again and again.
 * @param code of what is shown instead, after `grants` grants within {@link ROUND_MS} that did not help.
 */
export async function askForAuthorization(
  request: Request,
  shop: string,
  code: "missing_scopes" | "authorized_in_vain",
  grants: number,
): Promise<Response> {
  const destination = authorizationCodeUrl(shop);
  if ((await grantsOfLate(shop)) >= grants) return problemResponse(403, { code, next: destination });
  if (request.headers.has("authorization")) {
    return new Response(null, { status: 401, headers: { [REAUTHORIZE_URL_HEADER]: destination } });
  }
  return redirect(exitIframePath(shop, destination, readParameters(request).get("locale")));
}

async function grantsOfLate(shop: string): Promise<number> {
  const events = await services.tokens.history(shop, LATEST_EVENTS);
  return events.filter(({ at, kind }) => kind.startsWith("acquired") && Date.now() - at.getTime() < ROUND_MS).length;
}

/**
 * The parameters of a page's address.
 * @throws Response 400 when one is odd.
 */
export function requireParameters(request: Request): Parameters {
  try {
    return readParameters(request);
  } catch (error) {
    throw error instanceof OddParameterError ? problemResponse(400, ODD_ADDRESS) : error;
  }
}

/**
 * Keeps the login form out of Shopify Admin's frame: what it leads to refuses to be framed.
 * @throws Response to a page that says what to do.
 */
export function leaveFrame(request: Request): void {
  if (request.headers.get("sec-fetch-dest") !== "iframe") return;
  throw redirect(inLanguage("/auth/reopen", new URL(request.url).searchParams.get("locale")));
}

/** A problem as the body of a thrown response: the error boundaries show it. */
export function problemResponse(status: number, problem: PageProblem, headers: Record<string, string> = {}): Response {
  return Response.json(problem, { status, headers });
}
