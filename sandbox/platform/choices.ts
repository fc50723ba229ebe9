/**
 * What Shopify does not document: each has at least two sensible answers, and an app must be safe under all of them.
 * The first named value of each line is the default.
 */
export interface Choices {
  /** A refresh token presented again, one after the other, while its replacement has not been used. */
  repeatedRefresh: "new-pair" | "same-pair";
  /** A refresh that arrives while another refresh with the same token is still being answered. */
  concurrentRefresh: "new-pair" | "same-pair" | "refused";
  /** What a refused refresh token answers: 401 `invalid_request` (seen most), or 400 `invalid_grant` (seen in older reports). */
  refusedRefresh: "401-invalid-request" | "400-invalid-grant";
  /** The permanent token of a shop when a pair is acquired with an ID token or an authorization code. */
  permanentAfterAcquire: "kept" | "revoked";
  /** A permanent token asked for again: Shopify's older documentation says the same one is returned. */
  permanentAgain: "same" | "new";
  /** A grant without `expiring=1` once permanent tokens are refused by the Admin API. */
  permanentGrantAfterCutOff: "issued" | "refused";
  /** The token endpoint of a frozen (402), locked (423) or closed (404) shop. */
  suspendedTokenEndpoint: "refuses" | "serves";
  /** Status of every answer of a closed shop. */
  closedShopStatus: 404 | 402 | 403;
  /** A known client id with a wrong secret. */
  wrongSecret: "401-invalid-client" | "400-application-cannot-be-found";
  /** Which unrevoked client secret signs webhooks and ID tokens after a rotation (documented for webhooks: the oldest). */
  signingSecret: "oldest" | "newest";
  /** How `Retry-After` is written: Shopify's REST answers carry a decimal ("2.0"). */
  retryAfterFormat: "decimal" | "integer";
  /** What `/admin/oauth/authorize` shows a browser for a shop that has not granted the scopes yet. */
  consent: "ask-browsers" | "skip" | "ask";
  /** Permanent tokens at the Admin API: refused by the published dates, always, or never. */
  enforcement: "by-date" | "on" | "off";
}

export const DEFAULT_CHOICES: Readonly<Choices> = {
  repeatedRefresh: "new-pair",
  concurrentRefresh: "new-pair",
  refusedRefresh: "401-invalid-request",
  permanentAfterAcquire: "kept",
  permanentAgain: "same",
  permanentGrantAfterCutOff: "issued",
  suspendedTokenEndpoint: "refuses",
  closedShopStatus: 404,
  wrongSecret: "401-invalid-client",
  signingSecret: "oldest",
  retryAfterFormat: "decimal",
  consent: "ask-browsers",
  enforcement: "by-date",
};
