import type { KeyObject } from "node:crypto";
import type { Choices } from "./choices.ts";

/** The app that the simulator plays Shopify for. */
export interface AppOptions {
  /** The app's public URL, as in `application_url`. */
  url: string;
  clientId: string;
  clientSecret: string;
  scopes: string[];
  name?: string;
  handle?: string;
  /** The app uses the authorization code grant for installs (`use_legacy_install_flow = true`). */
  legacyInstallFlow?: boolean;
  /** ISO date: public apps created since 2026-04-01 must use expiring tokens already. */
  createdAt?: string;
  kind?: "public" | "custom";
  /** `shopify.app.toml` to read webhook subscriptions and redirect URLs from. */
  tomlPath?: string;
  /** Where webhooks are really sent when `url` is only a name, for instance `http://127.0.0.1:3000`. */
  deliverTo?: string;
}

export type Grant = "authorization_code" | "id_token" | "migration" | "refresh" | "application" | "unsupported";
export type Standing = "open" | "frozen" | "locked" | "closed";
export type Endpoint = "token" | "graphql" | "authorize" | "rest" | "other";

/** One call that reached the simulator. Times named `…Wall` are wall-clock milliseconds with fractions. */
export interface Call {
  n: number;
  endpoint: Endpoint;
  shop: string;
  grant?: Grant;
  /** Simulated time of arrival. */
  at: number;
  startedWall: number;
  /** When the answer was out, or the connection gone. Absent while the call is in flight. */
  endedWall?: number;
  /** Absent when the connection ended without an answer. */
  status?: number;
  /** `issued`, `same_pair`, `ok`, or the reason of a refusal. */
  outcome: string;
  /** Id of the token that was presented, when the simulator knows it. */
  presented?: number;
  /** Ids of the tokens in the answer. */
  issued?: number[];
  /** Kind of the fault that was played. */
  fault?: string;
  /** The caller went away before the answer. */
  abandoned?: boolean;
  /** Wall time until which `Retry-After` asked the caller to wait. */
  retryUntilWall?: number;
  /** The wait holds for every shop of the app, not for this shop only. */
  retryForAll?: boolean;
}

/** One token ever issued. `value` is a secret: the ledger never writes it to a log. */
export interface TokenRecord {
  id: number;
  kind: "permanent" | "access" | "refresh" | "online" | "application";
  shop: string;
  value: string;
  issuedAt: number;
  expiresAt?: number;
  endedAt?: number;
  endReason?: string;
}

/** One thing that happened to a shop, for its timeline. Tokens are named by id. */
export interface TimelineEntry {
  at: number;
  type: string;
  detail?: string;
  tokens?: number[];
}

/** What the simulator knows of a shop; a test tool's view, secrets included. Times are ISO strings on the movable clock. */
export interface ShopView {
  shop: string;
  id: number;
  name: string;
  plan: string;
  installed: boolean;
  standing: Standing;
  scopes: string[];
  /** Which tokens live now. */
  token: "none" | "permanent" | "expiring" | "both";
  permanentToken?: string;
  /** A spent permanent token that may still be exchanged again, and until when. */
  migration?: { permanentToken: string; retryUntil: string };
  /** The pair issued last. */
  pair?: PairView;
  /** The pair before it, while its refresh token may be retried. */
  previousPair?: PairView;
  timeline: (Omit<TimelineEntry, "at"> & { at: string })[];
}

export interface PairView {
  accessToken: string;
  accessTokenId: number;
  accessTokenExpiresAt: string;
  refreshToken: string;
  refreshTokenId: number;
  refreshTokenExpiresAt: string;
}

/** A fault, played on every call it matches. All conditions must hold; none given matches every call. */
export interface Fault {
  id?: string;
  /** One shop, several, or a pattern with `*`. */
  shop?: string | string[];
  endpoint?: Endpoint | Endpoint[];
  grant?: Grant | Grant[];
  /** 0 to 1, from the seeded randomness. Default 1. */
  probability?: number;
  /** Let this many matching calls pass first. */
  after?: number;
  /** Then play at most this often. Default: without end. */
  times?: number;
  /** Count `after`, `times` and the script per shop instead of over all. */
  perShop?: boolean;
  effect?: Effect;
  /** The same by name, of named-faults.ts: `app-not-installed`, `truncated-json`, … */
  play?: string;
  /** One effect per matching call, in order, then none. Instead of `effect`. */
  script?: (Effect | "pass")[];
}

export type Effect =
  /** The connection is destroyed before anything happened, or after the change was committed: the answer is lost. */
  | { kind: "lost-before-commit" }
  | { kind: "lost-after-commit" }
  /** TCP reset instead of an answer, nothing committed. */
  | { kind: "reset" }
  /** No answer until the caller gives up (or `ms` have passed: then the connection is destroyed). */
  | { kind: "hang"; committed?: boolean; ms?: number }
  | {
      kind: "status";
      status: number;
      body?: "json" | "text" | "html" | { text: string; contentType: string };
      headers?: Record<string, string>;
    }
  | { kind: "throttle"; retryAfterSeconds: number; forAll?: boolean }
  /** A success without these fields although `expiring=1` was asked (shopify-app-js issue 3400). */
  | { kind: "omit"; fields: ("expires_in" | "refresh_token" | "refresh_token_expires_in" | "scope")[] }
  /** The real answer, its JSON cut off in the middle. The change is committed. */
  | { kind: "truncate" }
  /** Slow: waits before the change is made, after it, or both. A pair is a range drawn from the seed. */
  | { kind: "latency"; beforeMs?: number | [number, number]; afterMs?: number | [number, number] };

/** Limit of the token endpoint: Shopify publishes no number. Off unless set. */
export interface TokenRateLimit {
  perSecond: number;
  burst: number;
  retryAfterSeconds?: number;
  /** One bucket for the whole app, or one for each shop. */
  per?: "app" | "shop";
}

export interface InstallOptions {
  token?: "permanent" | "expiring" | "none";
  name?: string;
  plan?: string;
  email?: string;
  scopes?: string[];
  /** Use this permanent token instead of a new one, for instance an old one without a prefix. */
  accessToken?: string;
}

export interface InstalledShop {
  shop: string;
  accessToken?: string;
  scope?: string;
  /** Seconds. */
  expiresIn?: number;
  refreshToken?: string;
  /** Seconds. */
  refreshTokenExpiresIn?: number;
}

export interface IdTokenOptions {
  userId?: string;
  sessionId?: string;
  expired?: boolean;
  notYetValid?: boolean;
  wrongAudience?: boolean;
  wrongSignature?: boolean;
  /** Claims of another shop: `dest` and `iss` name it. */
  wrongShop?: string;
  malformed?: boolean;
  unsigned?: boolean;
  /** Remaining life in ms instead of a minute. */
  lifetimeMs?: number;
}

export type * from "./webhooks/types.ts";
export type { Choices };

/** A row of the app's session table, as far as the ledger's questions need it. */
export interface StoredRow {
  shop: string;
  accessToken: string;
  refreshToken: string | null;
}

export interface Overlap {
  shop: string;
  first: Call;
  second: Call;
}

export interface UsedAfterEnd {
  call: Call;
  token: Omit<TokenRecord, "value">;
  reason: string;
}

export interface SecretSighting {
  /** What it was: `access token`, `refresh token`, `client secret`, `ID token`. */
  secret: string;
  /** Where it was: `url`, `referer`, `user-agent`, `graphql body`, `webhook answer`, `access token header`, `scanned text`. */
  where: string;
  call?: number;
  /** Enough to find it again, with the secret itself left out. */
  context?: string;
}

/** Everything that ever happened: proofs are made from it, so nothing is dropped. */
export interface Ledger {
  readonly calls: Call[];
  readonly tokens: TokenRecord[];
  readonly byValue: Map<string, TokenRecord>;
  readonly usedAfterEnd: { call: number; token: number; reason: string }[];
  readonly sightings: SecretSighting[];
}

/** A public key of the app, as added in the Dev Dashboard. */
export interface AppKey {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  revoked: boolean;
}
