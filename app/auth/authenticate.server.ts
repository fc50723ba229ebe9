import { redirect, type AppLoadContext, type LoaderFunctionArgs } from "@remix-run/node";
import { isbot } from "isbot";
import { chooseInstallFlow, type InstallFlow } from "./install-flow.server.ts";
import { openFromOutside } from "./open-from-outside.server.ts";
import { services } from "../services.server.ts";
import { findShopDomain } from "../infra/shop-domain.ts";
import { claimedShop, findIdToken } from "./shop-of-request.server.ts";
import { authorizationCodeApp, tokenExchangeApp } from "../shopify.server.ts";
import { toResponse } from "./token-error-response.server.ts";
import type { AdminClient, Session } from "../tokens/index.ts";

/** What an embedded route knows of the merchant's request. */
export interface AdminContext {
  /** Verified: named by the ID token that Shopify signed. */
  shop: string;
  /** An Admin client that heals refused tokens by itself. The libraries' own is never handed out: it cannot. */
  admin: AdminClient;
}

/**
 * Authenticates a request of the embedded app and runs `run` for it. The dispatch between the two install flows is here, and
 * only here: this function for requests from inside Shopify Admin, `openFromOutside` for those from outside, and
 * `handleAuthRequest` for the authorization code grant.
 *
 * The loaders of one document run side by side; they share one authentication. Whatever goes wrong with the token becomes an
 * HTTP answer in `toResponse`.
 * @throws Response
 */
export async function withAdmin<T>(
  { request, context }: Pick<LoaderFunctionArgs, "request" | "context">,
  run: (admin: AdminContext) => Promise<T>,
): Promise<T> {
  refuseMalformedShop(request);
  const flow = await chooseInstallFlow(services.env.phase, services.flags, claimedShop(request));
  const idToken = flow === "token_exchange" ? findIdToken(request) : undefined;
  try {
    if (comesFromOutside(request)) throw await openFromOutside(request);
    return await services.tokens.withRequest({ kind: "admin", idToken }, async () => {
      const session = await authenticateOnce(request, context, flow);
      return run({ shop: session.shop, admin: services.tokens.admin(session.shop, { idToken, session }) });
    });
  } catch (error) {
    throw toResponse(error, request, flow);
  }
}

/** Remix gives every loader of a request the same context object. */
const authentications = new WeakMap<AppLoadContext, Promise<Session>>();

async function authenticateOnce(request: Request, context: AppLoadContext, flow: InstallFlow): Promise<Session> {
  let session = authentications.get(context);
  if (!session) {
    session = authenticate(request, flow);
    authentications.set(context, session);
  }
  try {
    return await session;
  } catch (error) {
    // Each loader throws a response of its own: a body can be read once.
    throw error instanceof Response ? error.clone() : error;
  }
}

async function authenticate(request: Request, flow: InstallFlow): Promise<Session> {
  const app = flow === "token_exchange" ? tokenExchangeApp : authorizationCodeApp;
  return (await app.authenticate.admin(request)).session;
}

/** A document that was not opened inside Shopify Admin. Bots are left to the library, which turns them away. */
function comesFromOutside(request: Request): boolean {
  const { searchParams } = new URL(request.url);
  return (
    !request.headers.has("authorization") &&
    searchParams.get("embedded") !== "1" &&
    !isbot(request.headers.get("user-agent") ?? "")
  );
}

/** The libraries copy `shop` into a security header unchecked; nothing but a shop's domain gets that far. */
function refuseMalformedShop(request: Request): void {
  const shop = new URL(request.url).searchParams.get("shop");
  if (shop !== null && !findShopDomain(shop)) throw redirect("/auth/login");
}
