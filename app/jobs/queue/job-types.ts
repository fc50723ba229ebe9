import type { Clock } from "../../infra/clock.ts";
import type { Database } from "../../infra/database/database.ts";
import type { Logger } from "../../infra/log/log.server.ts";
import type { AdminClient, ShopTokenState, Tokens } from "../../tokens/types.ts";
import type { ShopDomain } from "../../infra/shop-domain.ts";

/** The part of the tokens' domain that background work uses. */
export type JobTokens = Pick<
  Tokens,
  | "admin"
  | "migrate"
  | "refresh"
  | "state"
  | "reconcile"
  | "shopsToKeepAlive"
  | "shopsToReconcile"
  | "pruneEvents"
  | "adoptUnstored"
  | "convertRows"
  | "keyProblem"
  | "sealing"
>;

/** What every handler gets. */
interface HandlerContext {
  db: Database;
  clock: Clock;
  log: Logger;
  /** Aborted when the queue gives the job up. */
  signal: AbortSignal;
}

/** What a handler for one shop gets. Its only way to Shopify is the front door, opened for this shop and no other. */
export interface ShopJobContext extends HandlerContext {
  shop: ShopDomain;
  admin: AdminClient;
  /** Refreshes the shop's pair though it may still be fresh. */
  refreshToken(): Promise<unknown>;
  /** Exchanges the shop's permanent token, if it has one. */
  migrate(): Promise<{ outcome: string; code: string }>;
  /** Finds out what became of a call to Shopify whose answer never came. */
  reconcile(): Promise<void>;
  /** What is known of the shop's pair; no tokens. */
  tokenState(): Promise<ShopTokenState>;
}

/** What a handler for the app as a whole gets. It reaches no shop: it enqueues jobs that do. */
export interface AppJobContext extends HandlerContext {
  tokens: Pick<
    Tokens,
    "shopsToKeepAlive" | "shopsToReconcile" | "pruneEvents" | "adoptUnstored" | "convertRows" | "sealing"
  >;
  /** Enqueues a job for each shop, `afterSeconds` from now. */
  enqueueAll(name: ShopJobName, entries: readonly { shop: ShopDomain; afterSeconds: number }[]): Promise<void>;
}

/** Of one shop each. */
export const SHOP_JOBS = ["refresh-shop", "keep-alive", "reconcile", "migrate-again"] as const;
export type ShopJobName = (typeof SHOP_JOBS)[number];
/** Of the app as a whole. */
export const APP_JOBS = [
  "plan-keep-alive",
  "reconcile-shops",
  "prune-history",
  "release-parked",
  "retry-unserved",
  "watch-tokens",
  "seal-tokens",
] as const;
export type AppJobName = (typeof APP_JOBS)[number];
export type JobName = ShopJobName | AppJobName;

export interface JobsHealth {
  /** Whether this process runs jobs. */
  running: boolean;
  deadLetters: number;
  parked: { needs_reauthorization: number; suspended: number };
}
