import { redirect } from "@remix-run/node";
import { frameAncestors } from "./frame-ancestors.server.ts";
import { messagePage } from "./message-page.server.ts";
import { services } from "../services.server.ts";
import { findShopDomain } from "../infra/shop-domain.ts";
import { embeddedAppUrl, managedInstallUrl } from "./shopify-addresses.server.ts";
import { hasValidSignature } from "./shopify-signature.server.ts";
import { authorizationCodeApp, tokenExchangeApp } from "../shopify.server.ts";
import { TokenError, TransientError } from "../tokens/index.ts";

/**
 * Everything below `/auth`. The library's pages that fetch an ID token or leave the iframe work in every phase; `/auth` and
 * `/auth/callback` run the authorization code grant while its door is open, and afterwards lead to Shopify's own installation.
 */
export async function handleAuthRequest(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const given = searchParams.get("shop");
  const shop = findShopDomain(given);
  if (given && !shop) return NO_SUCH_SHOP();
  if (pathname === "/auth/session-token" || pathname === "/auth/exit-iframe") {
    const page = await answerOf(() => tokenExchangeApp.authenticate.admin(request));
    page.headers.set("Content-Security-Policy", frameAncestors(request));
    return page;
  }
  if (pathname !== "/auth" && pathname !== "/auth/callback") return NOT_FOUND();
  if (services.env.phase === "contract") return leadToManagedInstall(request, shop);
  if (!shop) return redirect("/auth/login");
  return pathname === "/auth"
    ? answerOf(() => authorizationCodeApp.authenticate.admin(request))
    : handleCallback(request, shop);
}

/**
 * The library's answer to `/auth/callback`, under the shop's lease: the pair it stores must not cross another's. A shop that has a living
 * chain keeps it, renewed.
 */
async function handleCallback(request: Request, shop: string): Promise<Response> {
  const callback = () => answerOf(() => authorizationCodeApp.authenticate.admin(request));
  try {
    // Without Shopify's signature the library answers without asking for a token, and a lease is not free.
    const signed = await hasValidSignature(request);
    const answer = signed
      ? await services.tokens.withAuthorizationCodeGrant(shop, callback, {
          scopes: services.env.SCOPES,
          renewed: () => redirect(embeddedAppUrl(shop)),
        })
      : await callback();
    if (answer.status < 400) return answer;
    return INSTALL_FAILED(shop, answer.status);
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    services.log.error({ err: error, shop }, "an installation could not be finished");
    return INSTALL_FAILED(shop, error instanceof TransientError ? 503 : 500);
  }
}

/** Cached links to the old installation, and merchants who were in the middle of it when the door was closed. */
function leadToManagedInstall(request: Request, shop: string | undefined): Response {
  if (!shop) return INSTALL_FROM_ADMIN();
  const destination = managedInstallUrl(shop);
  if (request.headers.get("sec-fetch-dest") !== "iframe") return redirect(destination);
  // Shopify's consent page refuses to be framed: leave the iframe first.
  const { searchParams } = new URL(request.url);
  const target = new URLSearchParams({ shop, exitIframe: destination });
  const host = searchParams.get("host");
  if (host) target.set("host", host);
  return redirect(`/auth/exit-iframe?${target}`);
}

/** The library answers these paths by throwing; a session coming back would mean that a path is not its own. */
async function answerOf(authenticate: () => Promise<unknown>): Promise<Response> {
  try {
    await authenticate();
    return NOT_FOUND();
  } catch (thrown) {
    if (thrown instanceof Response) return thrown;
    if (thrown instanceof Error && thrown.message.startsWith("Invalid exit-iframe destination")) return NOT_FOUND(400);
    throw thrown;
  }
}

const NOT_FOUND = (status = 404) =>
  messagePage({
    status,
    title: "This page does not exist",
    text: "The address may be mistyped or out of date.",
    link: { href: "/", label: "Go to the start page" },
  });

const NO_SUCH_SHOP = () =>
  messagePage({
    status: 400,
    title: "This is not a Shopify store",
    text: "A store's address ends in .myshopify.com, for example my-store.myshopify.com.",
    link: { href: "/auth/login", label: "Enter your store's address" },
  });

const INSTALL_FROM_ADMIN = () =>
  messagePage({
    title: "Install the app from Shopify",
    text: "This link is from an earlier way to install the app. Tell us your store, and Shopify will take you through it.",
    link: { href: "/auth/login", label: "Enter your store's address" },
  });

const INSTALL_FAILED = (shop: string, status: number) =>
  messagePage({
    status,
    title: "The installation was not finished",
    text:
      status >= 500
        ? "Shopify did not answer as expected. Nothing was changed; please try again in a moment."
        : "The link has expired or was used before. Please start again.",
    link: { href: `/auth?shop=${encodeURIComponent(shop)}`, label: "Try again" },
  });
