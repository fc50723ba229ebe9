import type { TokenStatusName } from "./records/token-status.ts";

/**
 * What can go wrong with a shop's token. Few classes, each with a stable `code`; they become HTTP in exactly one place, and
 * that place is not here. No message, field or cause of ours ever holds a token.
 */

export type TokenErrorCode =
  | "reauthorization_required"
  | "shop_suspended"
  | "transient"
  | "configuration"
  | "storage_unfit"
  | "token_unreadable"
  | "invalid_id_token"
  | "incomplete_pair"
  | "permanent_token_refused"
  | "admin_api_refused"
  | "graphql_errors";

export abstract class TokenError extends Error {
  abstract readonly code: TokenErrorCode;
  readonly shop: string;
  /** A stable word for what exactly happened, for logs, reports and pages. */
  readonly reason: string;

  constructor(shop: string, reason: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.shop = shop;
    this.reason = reason;
  }
}

/** Only the merchant's next visit can give this shop a pair. Raised without asking Shopify once a final answer is recorded. */
export class ReauthorizationRequiredError extends TokenError {
  readonly code = "reauthorization_required";
  constructor(shop: string, reason: string, options?: { cause?: unknown }) {
    super(shop, reason, `${shop} must be opened by its merchant again (${reason})`, options);
  }
}

/** The shop is frozen, locked or closed for now. Everything is kept; try later. */
export class SuspendedError extends TokenError {
  readonly code = "shop_suspended";
  constructor(shop: string, reason: string, options?: { cause?: unknown }) {
    super(shop, reason, `${shop} is suspended (${reason})`, options);
  }
}

/** Nothing is lost and nothing is decided: the same thing may work later. */
export class TransientError extends TokenError {
  readonly code = "transient";
  /** What Shopify asked for with `Retry-After`, when it did. */
  readonly retryAfterMs: number | undefined;
  constructor(shop: string, reason: string, options?: { cause?: unknown; retryAfterMs?: number }) {
    super(shop, reason, `Shopify cannot be asked about ${shop} now (${reason})`, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Refusals that are about the app, whatever the shop. Any other may come of one shop alone: a new or closed store. */
const OF_THE_APP = new Set(["invalid_client", "unauthorized_client"]);
const CREDENTIALS_REFUSED = "Shopify does not accept this app's credentials";
const API_NOT_FOUND = "The Admin API answered 404: it does not know this app's API version, or the shop";

/** Whether a refusal of the app itself can only be about the app. @param reason `ConfigurationError.reason`. */
export const isOfTheApp = (reason: string): boolean => OF_THE_APP.has(reason);

/**
 * Something about the app itself is refused: its client id or secret, or the API version it asks for. Says nothing about any shop
 * unless others are served (`isOfTheApp`): stop, and mark no shop. `shop` is where it was met.
 */
export class ConfigurationError extends TokenError {
  readonly code = "configuration";
  constructor(shop: string, reason: string, options?: { cause?: unknown }) {
    const words = reason === "admin_api_not_found" ? API_NOT_FOUND : CREDENTIALS_REFUSED;
    super(shop, reason, `${words} (${reason}); met at ${shop}`, options);
  }
}

/** Why the database would not keep a pair, for an operator. */
export interface StorageProblem {
  /** A stable word. */
  kind: string;
  /** By name: column, right, table. */
  what: string;
  /** What mends it: SQL, or what to do. */
  remedy: string;
  /** The shop whose row is refused while others are taken. */
  shop?: string;
}

/**
 * The database would not keep a token pair, so nothing is exchanged. Says nothing about any shop: the table has to be mended. Raised
 * before anything is spent; and for the one pair that could not be stored, which lies in the emergency record.
 */
export class StorageUnfitError extends TokenError {
  readonly code = "storage_unfit";
  readonly problem: StorageProblem;
  /** The shop whose pair met it; another one's where this shop had to stop for it. */
  readonly metAt: string;
  constructor(shop: string, problem: StorageProblem, metAt = shop) {
    super(
      shop,
      problem.kind,
      `The database would not keep a new token: ${problem.what}. Nothing is exchanged until it does; no shop is at fault. ${problem.remedy}`,
    );
    this.problem = problem;
    this.metAt = metAt;
  }
}

/**
 * A stored token is sealed and does not open: its key is not at hand (`unknown_key`, `wrong_key`), or it belongs to another row or was changed
 * (`not_for_this_row`). Says nothing about the shop: nothing is marked, and the value is left as it is.
 */
export class UnreadableTokenError extends TokenError {
  readonly code = "token_unreadable";
  constructor(shop: string, reason: "unknown_key" | "wrong_key" | "not_for_this_row") {
    super(
      shop,
      reason,
      `The stored token of ${shop} is sealed and does not open (${reason}); see the runbook, "Seal tokens"`,
    );
  }
}

/** The ID token of this request is stale or not for this shop. The browser gets a new one and asks again. */
export class InvalidIdTokenError extends TokenError {
  readonly code = "invalid_id_token";
  constructor(shop: string, reason: string, options?: { cause?: unknown }) {
    super(shop, reason, `The ID token for ${shop} was not accepted (${reason})`, options);
  }
}

/** An answer without `expires_in` or `refresh_token` where a pair was asked for (shopify-app-js issue 3400). Never stored. */
export class IncompletePairError extends TokenError {
  readonly code = "incomplete_pair";
  constructor(shop: string, missing: string) {
    super(
      shop,
      `missing_${missing}`,
      `The token for ${shop} was not stored: it has no usable ${missing}, so it is no expiring pair. Ask Shopify for expiring tokens ` +
        "(the libraries' future flag expiringOfflineAccessTokens, expiring=1); a permanent one could only be migrated again",
    );
  }
}

/** A permanent token was to be stored after the contract phase began: a regression. */
export class PermanentTokenRefusedError extends TokenError {
  readonly code = "permanent_token_refused";
  constructor(shop: string) {
    super(shop, "contract_phase", `A permanent token for ${shop} was refused: the contract phase has begun`);
  }
}

/** The Admin API answered with an HTTP status that no token can heal. */
export class AdminApiRefusedError extends TokenError {
  readonly code = "admin_api_refused";
  readonly status: number;
  constructor(shop: string, status: number, options?: { cause?: unknown }) {
    super(shop, `http_${status}`, `The Admin API answered ${status} for ${shop}`, options);
    this.status = status;
  }
}

/** The Admin API executed the query and found fault with it. `errors` are GraphQL's own. */
export class AdminGraphqlError extends TokenError {
  readonly code = "graphql_errors";
  readonly errors: readonly GraphqlError[];
  constructor(shop: string, errors: readonly GraphqlError[]) {
    super(shop, "graphql_errors", `${shop}: ${errors.map((error) => error.message).join("; ")}`);
    this.errors = errors;
  }
}

export interface GraphqlError {
  message: string;
  path?: readonly (string | number)[];
  extensions?: Record<string, unknown>;
}

/**
 * Another owner acquired the lease before the write. Internal: the caller starts again and reads what is stored now.
 * Carries the pair that could not be written, privately, because it may be the only living one.
 */
export class LeaseLostError extends Error {
  readonly #unwritten: unknown;
  constructor(shop: string, unwritten?: unknown) {
    super(`The lease of ${shop} was lost`);
    this.name = "LeaseLostError";
    this.#unwritten = unwritten;
  }
  unwritten<T>(): T | undefined {
    return this.#unwritten as T | undefined;
  }
}

/** A migration met something that is not a permanent token. Internal: the migration reports what it was. */
export class NotPermanentError extends Error {
  readonly status: TokenStatusName;
  readonly reason: string;
  constructor(shop: string, status: TokenStatusName, reason: string) {
    super(`${shop} holds no permanent token (${reason})`);
    this.name = "NotPermanentError";
    this.status = status;
    this.reason = reason;
  }
}

/** What a log may say of an error of unknown origin: a database's error text can quote a row, so its words are left out. */
export function describeError(error: unknown): { error: string; code?: string; reason?: string } {
  if (error instanceof TokenError) return { error: error.name, code: error.code, reason: error.reason };
  if (!(error instanceof Error)) return { error: typeof error };
  const { code } = error as Error & { code?: unknown };
  return { error: error.name, ...(typeof code === "string" ? { code } : {}) };
}
