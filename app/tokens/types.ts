import type { Session, SessionParams } from "@shopify/shopify-api";
import type { SessionStorage } from "@shopify/shopify-app-session-storage";
import type { ProbeAnswer, TokenAnswer, TokenCallGate } from "./answer.ts";
import type { AppDistribution } from "./records/permanent-token.ts";
import type { StorageProblem } from "./errors.ts";
import type { ShopTokenState, TokenHealth, TokenHistoryEntry } from "./records/types.ts";
import type { PinnedChain, RepinOutcome, RotationReport } from "./rotation/types.ts";
import type { Converted, KeyProblem, SealingReport } from "./sealing/types.ts";
import type { MigrateOutcome } from "./migrate-outcome.ts";

export type * from "./dependencies.ts";
export type * from "./migrate-outcome.ts";
export type * from "./records/types.ts";
export type * from "./rotation/types.ts";
export type * from "./sealing/types.ts";
export type { AppDistribution, ProbeAnswer, Session, SessionParams, SessionStorage, TokenAnswer, TokenCallGate };

/** What trying an application-only token came to. No token in it. */
export interface ApplicationTokenProbe {
  shop: string;
  ok: boolean;
  /** Stable: `accepted`, `no_key`, or what was refused. */
  reason: string;
  /** HTTP status of a refusal at the token endpoint. */
  status?: number;
  scope?: string;
  expiresInSeconds?: number;
  /** What the Admin API says afterwards to the shop's stored offline token: `accepted`, or why not; `none` without a living one. */
  storedToken?: string;
}

export interface AdminClient {
  /**
   * Runs a query or mutation and returns its `data`.
   * @throws AdminGraphqlError when GraphQL reports errors; AdminApiRefusedError, SuspendedError, ReauthorizationRequiredError,
   * TransientError, ConfigurationError.
   */
  graphql<T = unknown>(
    query: string,
    options?: { variables?: Record<string, unknown>; signal?: AbortSignal },
  ): Promise<T>;
  /** What a page may say about the shop's connection: as it was read with the session in hand, unless a call has changed it since. */
  state(): Promise<ShopTokenState>;
}

/** Which kind of request the libraries are serving. */
export interface RequestContext {
  /**
   * `admin`: the embedded app; a missing pair is acquired with `idToken`, a dead one without it gives no session.
   * `webhook`: never a call to Shopify; a fresh session or none.
   */
  kind?: "admin" | "webhook";
  /** Only where token exchange serves this request; the legacy flow must not pass it. */
  idToken?: string;
  /**
   * The shop that this request is proven to come from; null: none is. No other shop's token is renewed for it. Left out: the caller has
   * proven every shop that it asks about.
   */
  verifiedShop?: string | null;
  /** A webhook waits for a new token at most so many milliseconds; 0 unless told: it is served without one. */
  renewWithinMs?: number;
  /** A webhook says that the shop uninstalled the app then: to delete its offline session means to record that. */
  uninstalledAt?: Date;
  /** Set when this request brought its shop a pair. */
  acquired?: string;
}

/** For an installation over a chain that lives. */
export interface StoredChain<T> {
  /** Needed by the app. A chain that grants less does not serve, and the code is exchanged. */
  scopes: string[];
  /** Called instead of the grant when the stored chain was renewed. */
  renewed(): T | Promise<T>;
}

export interface Tokens {
  /** What the Shopify libraries are given. */
  sessionStorage: SessionStorage & {
    /** Whether the table has every column that is written. */
    isReady(): Promise<boolean>;
  };
  /**
   * The front door: a usable session, or a named error.
   * @param options.idToken of the merchant's request, for this shop.
   * @param options.withState reads what the Admin client's `state` says in the same statement; false unless told.
   * @throws ReauthorizationRequiredError, SuspendedError, TransientError, InvalidIdTokenError, ConfigurationError,
   * IncompletePairError.
   */
  getSession(shop: string, options?: { idToken?: string; withState?: boolean }): Promise<Session>;
  /**
   * An Admin client that heals refused tokens by itself, once.
   * @param options.session what this request was authenticated with just now: for the length of a request, calls use it instead of
   * reading it again. When Shopify refuses it, it is healed and forgotten.
   * @param options.background no merchant waits: while the offline chain is dead, an application-only token may serve.
   */
  admin(shop: string, options?: { idToken?: string; session?: Session; background?: boolean }): AdminClient;
  /** Tries an application-only token, for an operator; stores nothing. */
  probeApplicationToken(shop: string): Promise<ApplicationTokenProbe>;
  /** Runs `run` with the context in which `sessionStorage` serves the libraries. */
  withRequest<T>(context: RequestContext, run: () => Promise<T>): Promise<T>;
  /**
   * Holds the shop's lease while the library handles `/auth/callback`. Verify the request's HMAC, state and cookie first: the stored chain is renewed.
   * @param stored what to do where the shop has a living chain already: it is renewed, and the code is not used.
   */
  withAuthorizationCodeGrant<T>(shop: string, run: () => Promise<T>, stored?: StoredChain<T>): Promise<T>;
  /**
   * Migrates one shop's permanent token. Safe to repeat.
   * @param options.verify prove the new token with one cheap Admin call.
   * @param options.retries extra calls for transient answers (default 2; 0 when the caller paces by itself).
   * @param options.leaseWaitMs how long to wait for another holder of the shop's lease (default 30 s); then `failed`, `lease_busy`.
   * @param options.gate lets each call to Shopify pass in its turn, verifications too.
   * @throws ConfigurationError; database errors.
   */
  migrate(
    shop: string,
    options?: { signal?: AbortSignal; verify?: boolean; retries?: number; leaseWaitMs?: number; gate?: TokenCallGate },
  ): Promise<MigrateOutcome>;
  /** Refreshes a shop's pair though it may still be fresh (keep-alive). Callers at the same time share one refresh. */
  refresh(shop: string): Promise<Session>;
  /**
   * `app/uninstalled`: forgets a shop's sessions, if Shopify confirms that the app is not installed. A webhook's signature covers neither
   * its topic nor its shop: the webhook is no more than the occasion to ask.
   * @throws TokenError while Shopify cannot be asked.
   */
  recordUninstalled(shop: string, at: Date): Promise<{ forgotten: boolean; reason: string }>;
  /**
   * `shop/redact`: forgets everything about a shop that is not installed again. Of a shop that still has a session Shopify is asked.
   * @param at when Shopify triggered it; now unless told.
   * @throws TransientError while Shopify cannot say.
   */
  recordRedacted(shop: string, at?: Date): Promise<{ forgotten: boolean; reason: string }>;
  /**
   * `app/scopes_update`: asks Shopify what the merchant has granted now, and stores it. Of the webhook nothing is believed but that there is
   * something to ask.
   * @returns the scopes; undefined where there is no token to ask with: then they come with the next one.
   * @throws TokenError while Shopify cannot be asked.
   */
  updateScopes(shop: string): Promise<string[] | undefined>;
  /**
   * Stores scopes that are known to have been granted; older news than what is stored changes nothing. Of `app/scopes_update` use
   * `updateScopes`: its signature does not cover the shop.
   * @param at when Shopify triggered it; now unless told.
   * @returns whether the shop has a session.
   */
  recordScopes(shop: string, scopes: readonly string[], at?: Date): Promise<boolean>;
  state(shop: string): Promise<ShopTokenState>;
  history(shop: string, limit?: number): Promise<TokenHistoryEntry[]>;
  health(): Promise<TokenHealth>;
  /** Shops whose pair was issued before `issuedBefore`, the most urgent first; dead chains are left out. */
  shopsToKeepAlive(issuedBefore: Date, limit: number): Promise<string[]>;
  pruneEvents(before: Date): Promise<number>;
  /** A call to Shopify succeeded for a shop whose state says suspended: lifts the mark. */
  recordResumed(shop: string): Promise<void>;
  /**
   * Why the database would not keep a pair, or undefined when it would: proven with the statement that stores one, and rolled back.
   * @param options.recent an answer of the last ten seconds will do: for monitors.
   */
  storageProblem(options?: { recent?: boolean }): Promise<StorageProblem | undefined>;
  /**
   * What is wrong with the keys that seal tokens, or undefined. Reads one small table.
   * @throws errors of the database.
   */
  keyProblem(): Promise<KeyProblem | undefined>;
  /**
   * Brings every row of `Session` into the form in which new tokens are stored: sealed with the first key, or in plain where the keys
   * only open. Paced; may end at any row and begin again.
   */
  convertRows(options?: { signal?: AbortSignal; pauseMs?: number }): Promise<Converted>;
  /** How the tokens in `Session` are stored. Reads the whole table, less often where it is large. */
  sealing(): Promise<SealingReport>;
  /** Whether the client secret is being rotated: a previous one is still accepted. */
  readonly isRotating: boolean;
  /**
   * Which chains still depend on an earlier client secret, and whether it may be revoked. Reads the whole table, less often where it is large.
   * @param options.shops how many of the pinned shops to name; none unless told.
   * @param options.isExact counts anew, however large the table is; false unless told.
   */
  rotation(options?: { shops?: number; isExact?: boolean }): Promise<RotationReport>;
  /** Shops whose chain the current client secret has not made, by name, beginning behind `after`. */
  pinnedChains(after: string, limit: number): Promise<PinnedChain[]>;
  /**
   * Refreshes one shop's chain if an earlier client secret made it. Safe to repeat.
   * @param options.gate lets each call to Shopify pass in its turn.
   * @throws ConfigurationError, StorageUnfitError; database errors.
   */
  repin(shop: string, options?: { gate?: TokenCallGate; signal?: AbortSignal }): Promise<RepinOutcome>;
  /**
   * Stores the pairs of the emergency record for which the database has room by now. To be called at start and every few minutes.
   * @returns how many were stored.
   */
  adoptUnstored(): Promise<number>;
  /** Shops where a call to Shopify had no answer, or its caller died. Reconcile them well within 7 days. */
  shopsToReconcile(limit: number): Promise<string[]>;
  /** Finds out what is true for such a shop, with the stored token. Harmless for any other. */
  reconcile(shop: string): Promise<void>;
}
