import "@shopify/shopify-api/adapters/web-api";
import {
  type ApiVersion,
  HttpResponseError,
  LogSeverity,
  RequestedTokenType,
  type Session,
  shopifyApi,
} from "@shopify/shopify-api";

import type { Sandbox, SandboxOptions } from "../start.ts";
import { setUpSandbox } from "../vitest.ts";

export const APP = {
  url: "https://app.sandbox.test",
  clientId: "0123456789abcdef0123456789abcdef",
  clientSecret: "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",
  scopes: ["read_products", "write_products"],
  createdAt: "2024-05-01",
};

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export type Library = ReturnType<typeof createLibrary>;

/** The unmodified @shopify/shopify-api, configured as an app would. */
export function createLibrary(config: Partial<{ apiKey: string; apiSecretKey: string; isEmbeddedApp: boolean }> = {}) {
  return shopifyApi({
    apiKey: APP.clientId,
    apiSecretKey: APP.clientSecret,
    scopes: APP.scopes,
    hostName: new URL(APP.url).host,
    apiVersion: "2026-10" as ApiVersion,
    isEmbeddedApp: true,
    logger: { level: LogSeverity.Error, log: () => undefined },
    ...config,
  });
}

export interface Contract {
  sandbox: Sandbox;
  client(): Sandbox["client"];
  library: Library;
  acquire(shop: string, o?: { expiring?: boolean; online?: boolean; library?: Library }): Promise<Session>;
  migrate(shop: string, permanentToken: string, o?: { library?: Library }): Promise<Session>;
  refresh(shop: string, refreshToken: string, o?: { library?: Library }): Promise<Session>;
  /** The shop's name through the Admin API. */
  query(
    session: Pick<Session, "shop" | "accessToken">,
    query?: string,
    variables?: Record<string, unknown>,
  ): Promise<unknown>;
  /** One Admin API call without the library, to see the bare answer. */
  raw(shop: string, accessToken: string, o?: { query?: string; version?: string }): Promise<Response>;
  advance(ms: number): Promise<void>;
}

/** One simulator per test file, with the calls that most tests make to it. */
export function setUpContract(
  options: Partial<SandboxOptions> & { appOptions?: Partial<SandboxOptions["app"]> } = {},
): Contract {
  const shopify = setUpSandbox({ ...options, app: { ...APP, ...options.appOptions } });
  const library = createLibrary();
  return {
    get sandbox() {
      return shopify.sandbox;
    },
    client: () => shopify.sandbox.client,
    library,
    async acquire(shop, { expiring = true, online = false, library: used = library } = {}) {
      const { session } = await used.auth.tokenExchange({
        shop,
        sessionToken: await shopify.sandbox.client.idToken(shop),
        requestedTokenType: online ? RequestedTokenType.OnlineAccessToken : RequestedTokenType.OfflineAccessToken,
        expiring,
      });
      return session;
    },
    async migrate(shop, nonExpiringOfflineAccessToken, { library: used = library } = {}) {
      return (await used.auth.migrateToExpiringToken({ shop, nonExpiringOfflineAccessToken })).session;
    },
    async refresh(shop, refreshToken, { library: used = library } = {}) {
      return (await used.auth.refreshToken({ shop, refreshToken })).session;
    },
    async query({ shop, accessToken }, query = "{ shop { name } }", variables) {
      const session = library.session.customAppSession(shop);
      session.accessToken = accessToken;
      return (await new library.clients.Graphql({ session }).request(query, { variables })).data;
    },
    raw: (shop, accessToken, { query = "{ shop { name } }", version = "2026-10" } = {}) =>
      fetch(`https://${shop}/admin/api/${version}/graphql.json`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-shopify-access-token": accessToken },
        body: JSON.stringify({ query }),
      }),
    advance: (ms) => shopify.sandbox.client.clock.advance(ms),
  };
}

/** What the library threw for an error answer, in a form that tests can compare. */
export async function refusal(promise: Promise<unknown>): Promise<{ status: number; body: unknown }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HttpResponseError) return { status: error.response.code, body: error.response.body };
    throw error;
  }
  throw new Error("expected the call to be refused, and it was not");
}

export const INACTIVE_REFRESH_TOKEN = {
  status: 401,
  body: { error: "invalid_request", error_description: "This request requires an active refresh_token" },
};

export const INVALID_SUBJECT_TOKEN = {
  status: 400,
  body: {
    error: "invalid_subject_token",
    error_description: "Token exchange cannot be performed due to an invalid subject token.",
  },
};

export const INVALID_ACCESS_TOKEN = /Received an error response \(401 Unauthorized\)/;

let serial = 0;

/** A shop name of its own for each test. */
export function newShop(): string {
  return `shop-${++serial}.myshopify.com`;
}
