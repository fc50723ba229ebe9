import { createHmac } from "node:crypto";

import { AUTHORIZATION_CODE_LIFETIME_MS } from "./lifetimes.ts";
import { requireShop, signingSecret, type PlatformState } from "./state.ts";

/** The `host` parameter: the Admin's address of the shop, base64 without padding as Shopify sends it. */
function hostParameter(shop: string): string {
  const handle = shop.slice(0, shop.indexOf("."));
  return Buffer.from(`admin.shopify.com/store/${handle}`).toString("base64").replace(/=+$/, "");
}

/** Adds `hmac` to a query as Shopify signs it: sorted, form encoding with %20, hexadecimal SHA-256 with the client secret. */
function signQuery(state: PlatformState, query: Record<string, string>): URLSearchParams {
  const sorted = new URLSearchParams();
  for (const key of Object.keys(query).sort((a, b) => a.localeCompare(b))) sorted.append(key, query[key] as string);
  const message = sorted.toString().replace(/\+/g, "%20");
  const hmac = createHmac("sha256", signingSecret(state).value).update(message).digest("hex");
  return new URLSearchParams([["hmac", hmac], ...sorted]);
}

export interface AuthorizeRequest {
  shop: string;
  redirectUri: string;
  state?: string;
  scopes: readonly string[];
  perUser: boolean;
}

/** The merchant approves: a code, and the callback's URL with a valid signature. Timestamps are on the wall clock. */
export function approveInstall(state: PlatformState, request: AuthorizeRequest): { code: string; location: string } {
  const shop = requireShop(state, request.shop);
  const code = state.random.hex(32);
  state.codes.set(code, {
    shop: shop.domain,
    scopes: request.scopes,
    perUser: request.perUser,
    expiresAt: state.clock.now() + AUTHORIZATION_CODE_LIFETIME_MS,
  });
  const query: Record<string, string> = {
    code,
    host: hostParameter(shop.domain),
    shop: shop.domain,
    timestamp: String(Math.floor(state.clock.wall() / 1000)),
  };
  if (request.state !== undefined) query.state = request.state;
  const location = new URL(request.redirectUri);
  for (const [key, value] of signQuery(state, query)) location.searchParams.append(key, value);
  return { code, location: location.toString() };
}

export type AuthorizeVerdict =
  { valid: true; request: AuthorizeRequest } | { valid: false; error: string; description: string };

/** Judges the parameters of `/admin/oauth/authorize`. `redirectUrls`: the app's allow list, when it is known. */
export function judgeAuthorize(
  state: PlatformState,
  shop: string,
  query: URLSearchParams,
  redirectUrls: readonly string[] | undefined,
): AuthorizeVerdict {
  const clientId = query.get("client_id") ?? "";
  if (clientId !== state.app.clientId) {
    const description = `Could not find Shopify API application with api_key ${clientId}`;
    return { valid: false, error: "application_cannot_be_found", description };
  }
  const redirectUri = query.get("redirect_uri") ?? `${state.app.url}/`;
  if (!URL.canParse(redirectUri) || new URL(redirectUri).host !== new URL(state.app.url).host) {
    const description = "The redirect_uri and application url must have matching hosts";
    return { valid: false, error: "invalid_request", description };
  }
  if (redirectUrls && !redirectUrls.some((url) => url === redirectUri)) {
    return { valid: false, error: "invalid_request", description: "The redirect_uri is not whitelisted" };
  }
  const asked = (query.get("scope") ?? "").split(",").map((scope) => scope.trim());
  const scopes = state.app.legacyInstallFlow ? asked.filter(Boolean) : state.app.scopes;
  return {
    valid: true,
    request: {
      shop,
      redirectUri,
      state: query.get("state") ?? undefined,
      scopes: scopes.length > 0 ? scopes : state.app.scopes,
      perUser: query.getAll("grant_options[]").includes("per-user"),
    },
  };
}

/** The URL with which Shopify opens the app, signed. `embedded`: inside the Admin, with an ID token. */
export function launchUrl(
  state: PlatformState,
  shop: string,
  options: { embedded: boolean; path?: string; idToken?: string; locale?: string },
): string {
  const query: Record<string, string> = {
    host: hostParameter(shop),
    shop,
    timestamp: String(Math.floor(state.clock.wall() / 1000)),
  };
  if (options.embedded) {
    query.embedded = "1";
    query.locale = options.locale ?? "en";
    query.session = state.random.hex(64);
    if (options.idToken !== undefined) query.id_token = options.idToken;
  }
  const url = new URL(options.path ?? "/", state.app.url);
  for (const [key, value] of signQuery(state, query)) url.searchParams.append(key, value);
  return url.toString();
}
