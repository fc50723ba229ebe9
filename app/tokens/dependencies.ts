import type { KeyObject } from "node:crypto";
import type { Shopify } from "@shopify/shopify-api";
import type { DatabaseClient } from "../infra/database/database.ts";
import type { SessionTable } from "../infra/database/session-layout.ts";
import type { AppDistribution } from "./records/permanent-token.ts";
import type { TokenKey } from "./sealing/token-keys.ts";

/** Where the app stands on its way: `legacy` mints permanent tokens, `expand` none any more, `contract` refuses them. */
export type Phase = "legacy" | "expand" | "contract";

/** The part of `shopifyApi(…)` that this folder uses. */
export type ShopifyApi = Pick<Shopify, "auth" | "clients" | "session"> & Partial<Pick<Shopify, "config">>;

export type { Database, DatabaseClient } from "../infra/database/database.ts";

/** pino's shape. */
export interface TokenLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** prom-client's shape. */
export interface TokenMetrics {
  tokenCalls: { inc(labels: { grant: string; result: string }): void };
  tokenCallSeconds: { observe(labels: { grant: string }, seconds: number): void };
  pairsStored: { inc(labels: { how: string }): void };
  staleWrites: { inc(labels: { source: string }): void };
  permanentTokensRefused: { inc(): void };
  leaseWaitSeconds: { observe(seconds: number): void };
  needsReauth: { inc(labels: { reason: string }): void };
  sealedTokensRefused: { inc(labels: { reason: string }): void };
}

/**
 * Begins a span for one call of the token endpoint; what it returns ends it. `result` is `ok`, `incomplete`, or the kind of refusal. No
 * token is among it.
 */
export type StartTokenCall = (call: {
  grant: string;
  shop: string;
}) => (outcome: { result: string; reason: string | undefined }) => void;

/** What signs the app's client assertions; read by `readApplicationKey`. */
export interface ApplicationKey {
  clientId: string;
  /** `kid`, as the Dev Dashboard shows it. */
  keyId: string;
  /** JOSE's name. */
  algorithm: string;
  privateKey: KeyObject;
}

export type HowStored = "acquired" | "migrated" | "refreshed";

export interface TokenDependencies {
  api: ShopifyApi;
  /**
   * The same with the previous client secret, during a rotation: a migration whose answer was lost can only be asked for again with the
   * credentials that asked first.
   */
  previousApi?: ShopifyApi;
  /** A pool of `pg` or a Prisma client, on the Postgres that holds the sessions. */
  database: DatabaseClient;
  /** Where the sessions are, and whose columns the table has: `Session` as the Prisma storage has it, unless told. */
  sessions?: SessionTable;
  phase: Phase;
  /** How the app is distributed (Shopify's AppDistribution); `app_store` unless told. Other apps may keep permanent tokens. */
  distribution?: AppDistribution;
  /**
   * The emergency record of a pair that Shopify issued and the database would not take. Without it such a pair is lost with the process,
   * unless Shopify gives it again.
   */
  emergency?: {
    /** Client secrets: the first seals, all open. */
    secrets: readonly string[];
    /** A folder for sealed files, for when the database can take nothing at all; made when it is needed. */
    directory: string;
  };
  /** Keys for the tokens in `Session` (`parseTokenKeys`); stored in plain without them. */
  encryption?: {
    /** The first seals, all open. */
    keys: readonly TokenKey[];
    /** False: the keys only open, and new tokens are stored in plain. True unless told. */
    seals?: boolean;
  };
  /** Milliseconds since the epoch. Leases do not depend on it: they live by the database's clock. */
  clock?: () => number;
  log?: TokenLog;
  metrics?: TokenMetrics;
  /** Traces calls of the token endpoint. */
  startTokenCall?: StartTokenCall;
  /** Lets background work of shops whose chain is dead go on with application-only tokens. */
  applicationKey?: ApplicationKey;
  /** Signs where Shopify refuses the first: one of the two is added, or revoked, while they are exchanged. */
  previousApplicationKey?: ApplicationKey;
  /** Whether a call to Shopify may still begin; false where the process would end before its answer is stored. */
  mayCall?: () => boolean;
  /** After a pair was committed, outside the lease: release parked jobs, queue what the new token is good for. */
  onPairStored?: (shop: string, how: HowStored) => void | Promise<void>;
}
