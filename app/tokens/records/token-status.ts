import { hasOtherPrefix } from "./permanent-token.ts";
import { REFRESH_MARGIN_MS } from "../renew/timing.ts";

/** The columns of an offline session that decide what its token is worth. */
export interface StoredToken {
  accessToken?: string;
  expires?: Date;
  refreshToken?: string;
  refreshTokenExpires?: Date;
}

export type TokenStatusName =
  /** Usable as it is. */
  | "fresh"
  /** Lives, but not for long: refresh before use. */
  | "expiring"
  /** Over, and can be refreshed. */
  | "expired"
  /** An offline access token without refresh token and without expiry. */
  | "permanent"
  /** A custom or private app's token: never expires, never migrated. */
  | "custom_app"
  /** Over, and cannot be refreshed. */
  | "dead"
  /** A row without a token. */
  | "placeholder"
  | "missing";

export interface TokenStatus {
  status: TokenStatusName;
  reason: string;
}

/**
 * What a stored token is worth, judged by its own columns alone.
 * @param now milliseconds since the epoch.
 */
export function tokenStatus(token: StoredToken | undefined, now: number): TokenStatus {
  if (!token) return { status: "missing", reason: "no_session" };
  const { accessToken, expires, refreshToken, refreshTokenExpires } = token;

  if (!refreshToken) {
    if (!accessToken) return { status: "placeholder", reason: "empty_access_token" };
    if (!expires) {
      return hasOtherPrefix(accessToken)
        ? { status: "custom_app", reason: "custom_app_prefix" }
        : { status: "permanent", reason: "no_refresh_token_and_no_expiry" };
    }
    return expires.getTime() - now > REFRESH_MARGIN_MS
      ? { status: "fresh", reason: "not_near_expiry" }
      : { status: "dead", reason: "no_refresh_token" };
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
