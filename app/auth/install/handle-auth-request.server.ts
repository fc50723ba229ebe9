import { HttpResponseError, HttpRetriableError, InvalidOAuthError, ShopifyError } from "@shopify/shopify-api";
import { redirect } from "@remix-run/node";
import { isDatabaseUnable } from "../../infra/database/is-database-outage.ts";
import { findShopDomain } from "../../infra/shop-domain.ts";
import { services } from "../../services.server.ts";
import { tokenExchangeApp } from "../../shopify.server.ts";
import { TokenError, TransientError } from "../../tokens/index.ts";
import { installPages, type InstallPages } from "./install-pages.ts";
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
import { embeddedAppUrl, exitIframePath, inLanguage, managedInstallUrl } from "../shopify-addresses.server.ts";

/**
 * Everything below `/auth`. The library's pages that fetch an ID token or leave the iframe work in every phase; `/auth` and
 * `/auth/callback` run the authorization code grant while its door is open, and afterwards lead to Shopify's own installation.
 */
export async function handleAuthRequest(request: Request): Promise<Response> {
  const pages = installPages(request);
  try {
    return await answer({ request, parameters: readParameters(request), pages });
  } catch (error) {
    if (error instanceof OddParameterError) return pages.oddAddress();
    throw error;
  }
}

interface Visit {
  request: Request;
  parameters: Parameters;
  pages: InstallPages;
}

async function answer(visit: Visit): Promise<Response> {
  const { request, parameters, pages } = visit;
  const { path } = parameters;
  const given = parameters.get("shop");
  const shop = findShopDomain(given);
  if (given && !shop) return pages.noSuchShop();
  if (path === "/auth/session-token" || path === "/auth/exit-iframe") return showLibraryPage(visit, shop);
  if (path === "/auth/reopen") return pages.openAgain();
  if (path !== "/auth" && path !== "/auth/callback") return pages.notFound();
  if (services.env.phase === "contract") return shop ? leadToManagedInstall(visit, shop) : pages.installFromAdmin();
  if (!shop) return redirect(inLanguage("/auth/login", parameters.get("locale")));
  if (isRobot(request)) return pages.forRobots();
  return path === "/auth" ? begin(visit, shop) : handleCallback(visit);
}

/** Where the authorization code grant begins: the browser is sent to the shop that it names, and that shop's staff decide there. */
async function begin({ request, parameters, pages }: Visit, shop: string): Promise<Response> {
  if ((await verifySignedQuery(parameters)).kind === "forged") return pages.forgedLink();
  const framed = request.headers.get("sec-fetch-dest") === "iframe";
  return framed
    ? redirect(exitIframePath(shop, `/auth?shop=${shop}`, parameters.get("locale")))
    : beginAuthorization(shop);
}

/** The answer to an authorization request. Until Shopify's signature and this browser's cookie are verified nothing happens. */
async function handleCallback({ request, parameters, pages }: Visit): Promise<Response> {
  const verdict = await verifyCallback(request, parameters);
  switch (verdict.kind) {
    case "verified":
      return install(request, verdict.callback, pages);
    case "no_cookie":
      return verdict.secondAttempt
        ? pages.noCookie(verdict.shop)
        : beginAuthorization(verdict.shop, { secondAttempt: true });
    case "refused":
      return pages.linkExpired();
  }
}

/** Callbacks of one shop at a time: each waits for the shop's lease, and asks the database about it meanwhile. */
const MOST_AT_ONCE = 3;
const installing = new Map<string, number>();

/**
 * Exchanges the code under the shop's lease: the pair that is stored must not cross another's. A shop that has a living chain keeps it,
 * renewed. The API library is asked itself: the Remix one answers 500 whatever went wrong, a code that was used before included.
 */
async function install(request: Request, callback: Callback, pages: InstallPages): Promise<Response> {
  const { api, env, log, tokens } = services;
  const { shop } = callback;
  const opened = () => redirect(embeddedAppUrl(shop));
  const exchange = async () => {
    const rawRequest = await callbackRequest(request, callback);
    const { session } = await api.auth.callback({ rawRequest, expiring: env.phase !== "legacy" });
    await tokens.sessionStorage.storeSession(session);
    return opened();
  };
  const under = installing.get(shop) ?? 0;
  if (under >= MOST_AT_ONCE) return pages.installFailed(shop, 503);
  installing.set(shop, under + 1);
  try {
    const answer = await tokens.withAuthorizationCodeGrant(shop, exchange, { scopes: env.SCOPES, renewed: opened });
    return forgetState(answer);
  } catch (error) {
    const status = statusOfFailure(error);
    if (!status) throw error;
    log.error({ err: error, shop }, "an installation could not be finished");
    return pages.installFailed(shop, status);
  } finally {
    const left = (installing.get(shop) ?? 1) - 1;
    if (left > 0) installing.set(shop, left);
    else installing.delete(shop);
  }
}

/** @returns undefined for what is no failure of an exchange. */
function statusOfFailure(error: unknown): 400 | 500 | 503 | undefined {
  if (isDatabaseUnable(error)) return 503;
  if (error instanceof TokenError) return error instanceof TransientError ? 503 : 500;
  if (error instanceof HttpRetriableError) return 503;
  if (error instanceof HttpResponseError) return error.response.code === 400 ? 400 : 500;
  if (error instanceof InvalidOAuthError) return 400;
  // What `fetch` throws when Shopify cannot be reached, or does not answer in time.
  const isUnreachable = error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError");
  return isUnreachable ? 503 : undefined;
}

/** Cached links to the old installation, and merchants who were in the middle of it when the door was closed. */
function leadToManagedInstall({ request, parameters }: Visit, shop: string): Response {
  const destination = managedInstallUrl(shop);
  // Shopify's consent page refuses to be framed: leave the iframe first.
  const framed = request.headers.get("sec-fetch-dest") === "iframe";
  return redirect(framed ? exitIframePath(shop, destination, parameters.get("locale")) : destination);
}

/**
 * The library's two small pages for the frame, with a message for browsers that do not run them. They say nothing of a shop; its own
 * Admin may frame them where Shopify's signature names it.
 */
async function showLibraryPage({ request, parameters, pages }: Visit, shop: string | undefined): Promise<Response> {
  const page = await tokenExchangeApp.authenticate.admin(withShop(request, shop)).then(
    // The library answers these paths by throwing; a session coming back would mean that a path is not its own.
    () => pages.notFound(),
    (thrown: unknown) => {
      if (thrown instanceof Response) return thrown;
      // A destination of the exit page that is not one of ours or of Shopify Admin.
      if (thrown instanceof ShopifyError && /Refusing to redirect/.test(thrown.message)) return pages.notFound(400);
      throw thrown;
    },
  );
  if (page.status !== 200) return page;
  const verdict = await verifySignedQuery(parameters);
  const automatic = { script: await page.text(), shop: verdict.kind === "signed" ? verdict.query.shop : undefined };
  const destination = parameters.get("exitIframe");
  return parameters.path === "/auth/exit-iframe" && destination
    ? pages.exitIframe(automatic, new URL(destination, services.env.SHOPIFY_APP_URL).href)
    : pages.fetchIdToken(automatic, shop);
}

/** The library's pages copy `shop` into a header as it is. */
function withShop(request: Request, shop: string | undefined): Request {
  const url = new URL(request.url);
  if (shop) url.searchParams.set("shop", shop);
  return new Request(url, { headers: request.headers, signal: request.signal });
}
