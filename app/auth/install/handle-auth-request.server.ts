import { ShopifyError } from "@shopify/shopify-api";
import { redirect } from "@remix-run/node";
import { findShopDomain } from "../../infra/shop-domain.ts";
import { services } from "../../services.server.ts";
import { authorizationCodeApp, tokenExchangeApp } from "../../shopify.server.ts";
import { TokenError, TransientError } from "../../tokens/index.ts";
import * as pages from "./install-pages.ts";
import {
  beginAuthorization,
  callbackRequest,
  forgetState,
  verifyCallback,
  type Callback,
} from "../identity/authorization-code.server.ts";
import { isRobot } from "../identity/is-robot.ts";
import { OddParameterError, readParameters, type Parameters } from "../identity/read-parameters.ts";
import { verifySignedQuery } from "../identity/verify-signed-query.server.ts";
import { embeddedAppUrl, exitIframePath, managedInstallUrl } from "../shopify-addresses.server.ts";

/**
 * Everything below `/auth`. The library's pages that fetch an ID token or leave the iframe work in every phase; `/auth` and
 * `/auth/callback` run the authorization code grant while its door is open, and afterwards lead to Shopify's own installation.
 */
export async function handleAuthRequest(request: Request): Promise<Response> {
  try {
    return await answer(request, readParameters(request));
  } catch (error) {
    if (error instanceof OddParameterError) return pages.oddAddress();
    throw error;
  }
}

async function answer(request: Request, parameters: Parameters): Promise<Response> {
  const { path } = parameters;
  if (path === "/auth/session-token" || path === "/auth/exit-iframe") return showLibraryPage(request, parameters);
  if (path === "/auth/reopen") return pages.openAgain();
  if (path !== "/auth" && path !== "/auth/callback") return pages.notFound();
  const given = parameters.get("shop");
  const shop = findShopDomain(given);
  if (given && !shop) return pages.noSuchShop();
  if (services.env.phase === "contract") return leadToManagedInstall(request, shop);
  if (!shop) return redirect("/auth/login");
  if (isRobot(request)) return pages.forRobots();
  return path === "/auth" ? begin(request, parameters, shop) : handleCallback(request, parameters);
}

/** Where the authorization code grant begins: whoever asks is sent to the shop that they name, and that shop's staff decides there. */
async function begin(request: Request, parameters: Parameters, shop: string): Promise<Response> {
  if ((await verifySignedQuery(parameters)).kind === "forged") return pages.forgedLink();
  const framed = request.headers.get("sec-fetch-dest") === "iframe";
  return framed ? redirect(exitIframePath(shop, `/auth?shop=${shop}`)) : beginAuthorization(shop);
}

/** The answer to an authorization request. Until Shopify's signature and this browser's cookie are verified nothing happens. */
async function handleCallback(request: Request, parameters: Parameters): Promise<Response> {
  const verdict = await verifyCallback(request, parameters);
  switch (verdict.kind) {
    case "verified":
      return install(request, verdict.callback);
    case "no_cookie":
      return verdict.secondAttempt
        ? pages.noCookie(verdict.shop)
        : beginAuthorization(verdict.shop, { secondAttempt: true });
    case "refused":
      return pages.linkExpired();
  }
}

/**
 * Lets the library exchange the code, under the shop's lease: the pair it stores must not cross another's. A shop that has a living
 * chain keeps it, renewed.
 */
async function install(request: Request, callback: Callback): Promise<Response> {
  const { env, log, tokens } = services;
  const { shop } = callback;
  const exchange = async () => {
    const forLibrary = await callbackRequest(request, callback);
    return answerOf(() => authorizationCodeApp.authenticate.admin(forLibrary));
  };
  try {
    const answer = await tokens.withAuthorizationCodeGrant(shop, exchange, {
      scopes: env.SCOPES,
      renewed: () => redirect(embeddedAppUrl(shop)),
    });
    return answer.status < 400 ? forgetState(answer) : pages.installFailed(shop, answer.status);
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    log.error({ err: error, shop }, "an installation could not be finished");
    return pages.installFailed(shop, error instanceof TransientError ? 503 : 500);
  }
}

/** Cached links to the old installation, and merchants who were in the middle of it when the door was closed. */
function leadToManagedInstall(request: Request, shop: string | undefined): Response {
  if (!shop) return pages.installFromAdmin();
  const destination = managedInstallUrl(shop);
  // Shopify's consent page refuses to be framed: leave the iframe first.
  return redirect(request.headers.get("sec-fetch-dest") === "iframe" ? exitIframePath(shop, destination) : destination);
}

/**
 * The library's two small pages for the frame, with a message for browsers that do not run them. They say nothing of a shop; its own
 * Admin may frame them where Shopify's signature names it.
 */
async function showLibraryPage(request: Request, parameters: Parameters): Promise<Response> {
  const page = await answerOf(() => tokenExchangeApp.authenticate.admin(request));
  if (page.status !== 200) return page;
  const verdict = await verifySignedQuery(parameters);
  const automatic = { script: await page.text(), shop: verdict.kind === "signed" ? verdict.query.shop : undefined };
  const destination = parameters.get("exitIframe");
  return parameters.path === "/auth/exit-iframe" && destination
    ? pages.exitIframe(automatic, destination)
    : pages.fetchIdToken(automatic, findShopDomain(parameters.get("shop")));
}

/** The library answers these paths by throwing; a session coming back would mean that a path is not its own. */
async function answerOf(authenticate: () => Promise<unknown>): Promise<Response> {
  try {
    await authenticate();
    return pages.notFound();
  } catch (thrown) {
    if (thrown instanceof Response) return thrown;
    // A destination of the exit page that is not one of ours or of Shopify Admin.
    if (thrown instanceof ShopifyError && /Refusing to redirect/.test(thrown.message)) return pages.notFound(400);
    throw thrown;
  }
}
