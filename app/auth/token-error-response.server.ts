import { redirect } from "@remix-run/node";
import { isDatabaseOutage } from "../infra/is-database-outage.ts";
import type { InstallFlow } from "./install-flow.server.ts";
import type { PageProblem } from "./page-problem.ts";
import { services } from "../services.server.ts";
import { authorizationCodeUrl } from "./shopify-addresses.server.ts";
import { claimedShop } from "./shop-of-request.server.ts";
import { TokenError, TransientError } from "../tokens/index.ts";

const RETRY_WITH_NEW_ID_TOKEN = { "X-Shopify-Retry-Invalid-Session-Request": "1" };
const REAUTHORIZE_URL_HEADER = "X-Shopify-API-Request-Failure-Reauthorize-Url";
/** Marks a document that was bounced for a new ID token once; a second time would go round in circles. */
const BOUNCED = "bounced";
const DEFAULT_RETRY_AFTER_MS = 5_000;

/**
 * Turns whatever went wrong while serving the embedded app into the response to throw. The only place where errors of the
 * tokens domain, and a database that is away, become HTTP. Responses and foreign errors pass unchanged.
 */
export function toResponse(error: unknown, request: Request, flow: InstallFlow): unknown {
  const { log } = services;
  if (isDatabaseOutage(error)) {
    log.error({ err: error }, "the database cannot be reached");
    return problemResponse(503, BUSY, { "Retry-After": String(DEFAULT_RETRY_AFTER_MS / 1000) });
  }
  if (!(error instanceof TokenError)) return error;
  switch (error.code) {
    case "reauthorization_required":
      log.info({ shop: error.shop, reason: error.reason, flow }, "asking the merchant's browser for a new grant");
      return flow === "token_exchange" ? askForIdToken(request) : askForAuthorization(request, error.shop);
    case "invalid_id_token":
      return askForIdToken(request);
    case "transient":
    case "incomplete_pair":
      log.warn({ err: error, shop: error.shop }, "Shopify cannot be asked now");
      return problemResponse(503, UNREACHABLE, { "Retry-After": String(retryAfterSeconds(error)) });
    case "shop_suspended":
      return problemResponse(423, SUSPENDED);
    case "configuration":
      log.error({ err: error, shop: error.shop }, "Shopify refuses this app's credentials");
      return problemResponse(500, OUR_FAULT);
    case "permanent_token_refused":
    case "admin_api_refused":
    case "graphql_errors":
      log.error({ err: error, shop: error.shop }, "a page could not be served");
      return problemResponse(502, REFUSED);
  }
}

/** What Shopify asked for, else a few seconds. */
function retryAfterSeconds(error: TokenError): number {
  const askedMs = error instanceof TransientError ? error.retryAfterMs : undefined;
  return Math.ceil((askedMs ?? DEFAULT_RETRY_AFTER_MS) / 1000);
}

/** The browser gets a new ID token and asks again: App Bridge by itself for data, the bounce page for documents. */
function askForIdToken(request: Request): Response {
  if (request.headers.has("authorization"))
    return new Response(null, { status: 401, headers: RETRY_WITH_NEW_ID_TOKEN });
  const url = new URL(request.url);
  if (url.searchParams.has(BOUNCED)) return problemResponse(401, REOPEN);
  url.searchParams.delete("id_token");
  url.searchParams.set(BOUNCED, "1");
  const target = new URLSearchParams(url.searchParams);
  target.set("shopify-reload", `${services.env.SHOPIFY_APP_URL}${url.pathname}?${url.searchParams}`);
  return redirect(`/auth/session-token?${target}`);
}

/** The authorization code grant happens outside of the iframe: App Bridge leaves it for data, the exit page for documents. */
function askForAuthorization(request: Request, shop: string): Response {
  const destination = authorizationCodeUrl(shop);
  if (request.headers.has("authorization")) {
    return new Response(null, { status: 401, headers: { [REAUTHORIZE_URL_HEADER]: destination } });
  }
  const { searchParams } = new URL(request.url);
  if (searchParams.get("embedded") !== "1") return redirect(destination);
  const target = new URLSearchParams({ shop: claimedShop(request) ?? shop, exitIframe: destination });
  const host = searchParams.get("host");
  if (host) target.set("host", host);
  return redirect(`/auth/exit-iframe?${target}`);
}

function problemResponse(status: number, problem: PageProblem, headers: Record<string, string> = {}): Response {
  return Response.json(problem, { status, headers });
}

const UNREACHABLE: PageProblem = {
  code: "shopify_unreachable",
  title: "Shopify is taking longer than usual",
  detail: "We could not reach Shopify just now. Nothing is lost. Please try again in a few seconds.",
  retryable: true,
};
const BUSY: PageProblem = {
  code: "busy",
  title: "We are back in a moment",
  detail: "The app cannot answer just now. Nothing is lost. Please try again in a few seconds.",
  retryable: true,
};
const SUSPENDED: PageProblem = {
  code: "shop_suspended",
  title: "This store is paused",
  detail:
    "Shopify is not giving apps access to this store at the moment. As soon as the store is open again, the app continues where it stopped.",
  retryable: true,
};
const REOPEN: PageProblem = {
  code: "reopen",
  title: "Please open the app again",
  detail: "Shopify did not confirm who is asking. Close this page and open the app from Apps in your Shopify admin.",
  retryable: false,
};
const REFUSED: PageProblem = {
  code: "shopify_refused",
  title: "Shopify did not answer this request",
  detail: "Something about this request was not accepted. We have been told about it; trying again may help.",
  retryable: true,
};
const OUR_FAULT: PageProblem = {
  code: "configuration",
  title: "The app is not set up correctly",
  detail: "This is our mistake, not yours, and we have been told about it. Please try again later.",
  retryable: true,
};
