/** Why a chain counts as pinned: made with the previous secret, or it is not known with which; or its shop does not let it be refreshed now. */
export interface PinnedChain {
  shop: string;
  why: "previous" | "unknown";
  /** `frozen`, `locked`, …; null for a shop that is open. */
  suspended: string | null;
}

/** How a rotation of the client secret stands. No secret and no token is among it. */
export interface RotationReport {
  /** A previous secret is accepted: SHOPIFY_API_SECRET_PREVIOUS is set. */
  rotating: boolean;
  /** Chains that live. */
  chains: number;
  /** Those that are not on record as made with the current secret: they end when the one that made them is revoked. */
  pinned: number;
  /** Of these: nothing is known about what made them. */
  pinnedUnknown: number;
  /** Of these: their shop is suspended, and cannot be refreshed now. */
  pinnedSuspended: number;
  /** Permanent tokens that would end as well, and that a run would try. */
  permanentTokens: number;
  /** Permanent tokens that would end as well, of shops that Shopify does not serve for now. */
  permanentSuspended: number;
  /** Pairs in the emergency record. */
  unstoredPairs: number;
  /** Migrations without an answer, which need the credentials that asked for seven days. */
  openRetries: number;
  /** ISO 8601: when the last of these seven days ends; null when none is open. */
  notBefore: string | null;
  /** Whether the previous secret may be revoked without any shop noticing. */
  mayRevoke: boolean;
  /** Why not, in words. */
  blockers: string[];
  /** The first of the pinned shops, where they were asked for. */
  shops: PinnedChain[];
}

/** What came of repinning one shop. */
export interface RepinOutcome {
  shop: string;
  /** `refreshed`; `current`: there was nothing to do. `needs_reauthorization`: its chain had ended already. The others keep what they have. */
  outcome: "refreshed" | "current" | "needs_reauthorization" | "suspended" | "failed";
  code: string;
}
