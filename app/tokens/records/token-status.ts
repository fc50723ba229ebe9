import { REFRESH_MARGIN_MS } from "../renew/timing.ts";

/** The columns of an offline session that decide what its token is worth, and what Shopify said of this very token. */
export interface StoredToken {
  accessToken?: string;
  expires?: Date;
  refreshToken?: string;
  refreshTokenExpires?: Date;
  /** Shopify's final answer about this credential, when there is one on record. */
  refused?: string;
  /** Of late, the token endpoint would not exchange this permanent token though the Admin API takes it. */
  notExchangeable?: boolean;
}

export type TokenStatusName =
  /** Usable as it is. */
  | "fresh"
  /** Lives, but not for long: refresh before use. */
  | "expiring"
  /** Over, and can be refreshed. */
  | "expired"
  /** An offline access token without a refresh token. */
  | "permanent"
  /** The same in an app that may keep it, because it is not public: never migrated. */
  | "custom_app"
  /** Shopify refused it for good, or its 90 days are over. */
  | "dead"
  /** A row without a token. */
  | "placeholder"
  | "missing";

export interface TokenStatus {
  status: TokenStatusName;
  reason: string;
}

/**
 * What a stored token is worth. Of a permanent token an expiry is no proof: it may have been stored wrongly, and only Shopify knows.
 * @param now milliseconds since the epoch.
 * @param isExempt the app may keep permanent tokens (`isExemptDistribution`).
 */
export function tokenStatus(token: StoredToken | undefined, now: number, isExempt = false): TokenStatus {
  if (!token) return { status: "missing", reason: "no_session" };
  const { accessToken, expires, refreshToken, refreshTokenExpires, refused } = token;
  if (refused) return { status: "dead", reason: refused };
  if (!refreshToken) {
    if (!accessToken) return { status: "placeholder", reason: "empty_access_token" };
    if (isExempt) return { status: "custom_app", reason: "exempt_distribution" };
    if (token.notExchangeable) return { status: "permanent", reason: "not_exchangeable" };
    const isOver = expires !== undefined && expires.getTime() - now <= REFRESH_MARGIN_MS;
    return { status: "permanent", reason: isOver ? "expiry_passed" : "no_refresh_token" };
  }

  if (accessToken && expires && expires.getTime() - now > REFRESH_MARGIN_MS) {
    return { status: "fresh", reason: "not_near_expiry" };
  }
  if (refreshTokenExpires && refreshTokenExpires.getTime() <= now) {
    return { status: "dead", reason: "refresh_token_expired" };
  }
  if (!accessToken) return { status: "expired", reason: "empty_access_token" };
  if (!expires) return { status: "expired", reason: "expiry_unknown" };
  return expires.getTime() > now
    ? { status: "expiring", reason: "near_expiry" }
    : { status: "expired", reason: "access_token_expired" };
}

/** Whether the access token still lives, near its expiry or not. */
export function accessTokenLives(token: StoredToken | undefined, now: number): boolean {
  return Boolean(token?.accessToken) && (!token?.expires || token.expires.getTime() > now);
}
