export type MigrateOutcomeName =
  | "migrated"
  | "already_expiring"
  | "needs_reauthorization"
  | "uninstalled"
  | "suspended"
  | "placeholder"
  /** Shopify takes the token but does not exchange it: another app's, as a rule. */
  | "not_exchangeable"
  /** The app may keep permanent tokens. */
  | "custom_app"
  | "failed";

/** How the migration of one shop ended: exactly one of these. */
export interface MigrateOutcome {
  shop: string;
  outcome: MigrateOutcomeName;
  /** Stable, for machines. */
  code: string;
  /** For an operator. */
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
  /** Calls of the token endpoint that this took. */
  attempts: number;
  cause?: unknown;
}
