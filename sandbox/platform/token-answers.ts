import type { PermanentToken, OnlineToken, Pair } from "./chain/token-state.ts";
import type { Choices } from "./choices.ts";
import type { Grant } from "./types.ts";

/** What the token endpoint answers; over HTTP, errors become HTML for callers that do not accept JSON. */
export interface TokenAnswer {
  status: number;
  body: Record<string, unknown>;
  grant: Grant;
  /** For the ledger: `issued`, `same_pair`, or why it was refused in more words than the body has. */
  outcome: string;
  /** The token that was presented. */
  presented?: string;
  issued?: number[];
}

const error = (status: number, code: string, description?: string): Pick<TokenAnswer, "status" | "body"> => ({
  status,
  body: description === undefined ? { error: code } : { error: code, error_description: description },
});

/** Bodies as seen on the real endpoint; docs/platform-rules.md names the source of each. */
export const refusals = {
  inactiveRefreshToken: (choice: Choices["refusedRefresh"]) =>
    choice === "400-invalid-grant"
      ? error(400, "invalid_grant", "The provided refresh token is invalid")
      : error(401, "invalid_request", "This request requires an active refresh_token"),
  invalidSubjectToken: () =>
    error(400, "invalid_subject_token", "Token exchange cannot be performed due to an invalid subject token."),
  badCode: () => error(400, "invalid_request", "The authorization code was not found or was already used"),
  unknownClient: (clientId: string) =>
    error(400, "application_cannot_be_found", `Could not find Shopify API application with api_key ${clientId}`),
  wrongSecret: (choice: Choices["wrongSecret"], clientId: string) =>
    choice === "400-application-cannot-be-found"
      ? refusals.unknownClient(clientId)
      : error(401, "invalid_client", "Client authentication failed"),
  badAssertion: () => error(401, "invalid_client", "The client assertion is not valid"),
  unauthorizedClient: () => error(400, "unauthorized_client", "This app cannot get application-only tokens"),
  appNotInstalled: () => error(400, "app_not_installed", "The app is not installed on this shop"),
  missingParameter: () => error(400, "invalid_request", "The request is missing a required parameter"),
  unsupportedGrant: () => error(400, "unsupported_grant_type", "The authorization grant type is not supported"),
  unsupportedTokenType: (code: "invalid_subject_token_type" | "invalid_requested_token_type") => error(400, code),
  permanentRefused: () => error(400, "invalid_request", "Non-expiring offline access tokens are no longer issued"),
  shopNotFound: () => ({ status: 404, body: { errors: "Not Found" } }),
};

const seconds = (until: number, now: number): number => Math.max(0, Math.ceil((until - now) / 1000));

export function pairBody(pair: Pair, scopes: readonly string[], now: number): Record<string, unknown> {
  return {
    access_token: pair.accessToken,
    scope: scopes.join(","),
    expires_in: seconds(pair.accessExpiresAt, now),
    refresh_token: pair.refreshToken,
    refresh_token_expires_in: seconds(pair.refreshExpiresAt, now),
  };
}

export function permanentBody(token: PermanentToken, scopes: readonly string[]): Record<string, unknown> {
  return { access_token: token.accessToken, scope: scopes.join(",") };
}

export function onlineBody(token: OnlineToken, scopes: readonly string[], now: number): Record<string, unknown> {
  const scope = scopes.join(",");
  return {
    access_token: token.accessToken,
    scope,
    expires_in: seconds(token.expiresAt, now),
    associated_user_scope: scope,
    associated_user: {
      id: Number(token.userId) || 1,
      first_name: "Sandy",
      last_name: "Shore",
      email: "sandy.shore@example.com",
      email_verified: true,
      account_owner: true,
      locale: "en",
      collaborator: false,
    },
  };
}
