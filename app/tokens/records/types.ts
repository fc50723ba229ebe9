import type { TokenStatusName } from "./token-status.ts";

/** The lifecycle of a shop's token as its row in ShopToken says. */
export interface TokenLife {
  generation: number;
  needsReauthAt?: Date;
  needsReauthWhy?: string;
  suspendedAt?: Date;
  suspendedWhy?: string;
  uninstalledAt?: Date;
  acquiredAt?: Date;
  migratedAt?: Date;
  refreshedAt?: Date;
  /** A process holds the shop's lease: its token is being renewed or exchanged right now. */
  leased?: boolean;
}

/** What a page may say about a shop's connection. No tokens. */
export interface ShopTokenState extends TokenLife {
  shop: string;
  status: TokenStatusName;
  reason: string;
  scope: string | undefined;
  expires: Date | undefined;
  refreshTokenExpires: Date | undefined;
}

export interface TokenHealth {
  /** By the predicate of `permanent-token.ts`; 0 is the proof that the migration is over. */
  permanentTokens: number;
  /** Offline rows that start with `shpat_`: what a naive monitor counts. Expiring tokens start so too. */
  legacyPrefixRows: number;
  expiringTokens: number;
  needsReauth: number;
  suspended: number;
  refreshTokensExpiringIn14Days: number;
}

export interface TokenHistoryEntry {
  at: Date;
  /** Refreshes in a row are one entry, of which `at` is the last: how many, and when the first was. */
  count?: number;
  since?: Date;
  kind: string;
  generation: number | undefined;
  code: string | undefined;
  detail: string | undefined;
}
