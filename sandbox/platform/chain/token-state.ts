/** The offline tokens of one shop for one app. Immutable: every transition returns a new one. */
export interface TokenState {
  /** The permanent token, while the Admin API accepts it. */
  readonly permanent?: PermanentToken;
  /** Set from a migration until its retry window is closed by a refresh or by another acquisition. */
  readonly migration?: Migration;
  /** The pair issued last. Its refresh token is the shop's one refreshable token. */
  readonly head?: Pair;
  /** The pair whose refresh token issued `head`: it may be retried until the head's refresh token is used. */
  readonly previous?: Pair;
  /** Pairs whose refresh tokens are dead; their access tokens live out their hour. */
  readonly retired: readonly Pair[];
  readonly online: readonly OnlineToken[];
}

export interface Pair {
  readonly accessToken: string;
  readonly accessExpiresAt: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: number;
  readonly issuedAt: number;
  /** The client secret that minted the pair; when that one is revoked the pair dies. */
  readonly secretId: number;
  /** When its refresh token was used for the first time. */
  readonly firstUsedAt?: number;
}

export interface PermanentToken {
  readonly accessToken: string;
  readonly issuedAt: number;
  readonly secretId: number;
}

interface Migration {
  readonly permanentToken: string;
  readonly secretId: number;
  readonly at: number;
}

export interface OnlineToken {
  readonly accessToken: string;
  readonly expiresAt: number;
  readonly secretId: number;
  readonly userId: string;
}

/** Makes new secrets. Seeded, and the only thing a transition takes from outside besides its arguments. */
export interface Mint {
  accessToken(): string;
  refreshToken(): string;
}

/** What a transition did, for the shop's timeline and the ledger. Tokens are named by value and recorded by id. */
export type TokenEvent =
  | { readonly type: "pair_issued"; readonly pair: Pair; readonly by: IssuingGrant }
  | { readonly type: "pair_returned_again"; readonly pair: Pair; readonly by: "migration" | "refresh" }
  | { readonly type: "permanent_issued"; readonly token: PermanentToken; readonly again: boolean }
  | { readonly type: "permanent_ended"; readonly accessToken: string; readonly reason: EndReason }
  | { readonly type: "refresh_ended"; readonly refreshToken: string; readonly reason: EndReason }
  | { readonly type: "access_ended"; readonly accessToken: string; readonly reason: EndReason }
  | { readonly type: "online_issued"; readonly token: OnlineToken };

type IssuingGrant = "id_token" | "authorization_code" | "migration" | "refresh";

export type EndReason =
  | "migrated"
  | "replacement_used"
  | "replaced_by_retry"
  | "another_acquisition"
  | "uninstalled"
  | "secret_revoked"
  | "revoked";

export type Transition<Answer> =
  | { readonly ok: true; readonly state: TokenState; readonly answer: Answer; readonly events: readonly TokenEvent[] }
  | { readonly ok: false; readonly reason: RefusalReason };

/** Why a grant was refused, in more words than the answer over HTTP has. */
export type RefusalReason =
  "unknown" | "expired" | "replacement_used" | "retry_window_closed" | "other_credentials" | "concurrent";

export const NO_TOKENS: TokenState = { retired: [], online: [] };
