import type { Choices } from "./choices.ts";
import type { Mint, TokenState } from "./chain/token-state.ts";
import type { Clock } from "./clock.ts";
import type { FaultBook } from "./faults.ts";

import type { Random } from "./random.ts";
import type { TokenBuckets } from "./rate-limit.ts";
import type { AppKey, AppOptions, Standing, TimelineEntry, Ledger } from "./types.ts";

/** A client secret of the app. Several are valid between a rotation and the revocation of the old one. */
export interface AppSecret {
  readonly id: number;
  readonly value: string;
  revoked: boolean;
}

export interface ShopRecord {
  readonly domain: string;
  readonly id: number;
  name: string;
  plan: string;
  email: string;
  readonly createdAt: number;
  installed: boolean;
  installedAt?: number;
  standing: Standing;
  scopes: readonly string[];
  tokens: TokenState;
  timeline: TimelineEntry[];
  /** Application-only access tokens that have not ended. */
  applicationTokens?: readonly { readonly accessToken: string; readonly expiresAt: number }[];
  /** Refresh tokens presented by calls that are not answered yet. */
  refreshing?: Map<string, number>;
  /** What GraphQL mutations wrote, by a key of the resolver's choosing. Made on first use. */
  data?: Map<string, unknown>;
  /** Points left in the Admin API's cost bucket, and when that was counted. */
  cost?: { available: number; at: number };
}

interface AuthorizationCode {
  readonly shop: string;
  readonly scopes: readonly string[];
  readonly perUser: boolean;
  readonly expiresAt: number;
}

export interface PlatformState {
  readonly app: AppOptions & {
    deliverTo: string;
    kind: "public" | "custom";
    createdAt: string;
    legacyInstallFlow: boolean;
  };
  readonly choices: Choices;
  readonly clock: Clock;
  readonly random: Random;
  readonly mint: Mint;
  readonly secrets: AppSecret[];
  /** Public keys that verify client assertions. */
  readonly appKeys: AppKey[];
  /** `jti` of every assertion that was accepted. */
  readonly usedAssertions: Set<string>;
  readonly shops: Map<string, ShopRecord>;
  readonly codes: Map<string, AuthorizationCode>;
  readonly ledger: Ledger;
  readonly faults: FaultBook;
  readonly buckets: TokenBuckets;
  shopSerial: number;
}

/** Thrown by control verbs for a shop that was never created. Over HTTP: 404 with this code. */
export class UnknownShopError extends Error {
  readonly code = "unknown_shop";
  constructor(shop: string) {
    super(`No such shop in the simulator: ${shop}. Create it with createShop or installShop first.`);
  }
}

export function requireShop(state: PlatformState, shop: string): ShopRecord {
  const record = state.shops.get(shop);
  if (!record) throw new UnknownShopError(shop);
  return record;
}

export function activeSecrets(state: PlatformState): AppSecret[] {
  return state.secrets.filter((secret) => !secret.revoked);
}

/** The secret that signs webhooks, ID tokens and OAuth queries: the oldest that is not revoked, unless chosen otherwise. */
export function signingSecret(state: PlatformState): AppSecret {
  const active = activeSecrets(state);
  return (state.choices.signingSecret === "oldest" ? active[0] : active.at(-1)) as AppSecret;
}
