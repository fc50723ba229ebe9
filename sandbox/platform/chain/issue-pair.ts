import { ACCESS_TOKEN_LIFETIME_MS, EXTENSION_MARGIN_MS, REFRESH_TOKEN_LIFETIME_MS } from "../lifetimes.ts";
import type { EndReason, Mint, Pair, TokenEvent, TokenState } from "./token-state.ts";

/** A fresh pair: an hour for the access token, ninety days for the refresh token. */
export function issuePair(mint: Mint, secretId: number, now: number): Pair {
  return {
    accessToken: mint.accessToken(),
    accessExpiresAt: now + ACCESS_TOKEN_LIFETIME_MS,
    refreshToken: mint.refreshToken(),
    refreshExpiresAt: now + REFRESH_TOKEN_LIFETIME_MS,
    issuedAt: now,
    secretId,
  };
}

/** The same pair with a full hour again when its access token is about to end; the refresh expiry never moves. */
export function extendWhenNeeded(pair: Pair, now: number): Pair {
  if (pair.accessExpiresAt - now >= EXTENSION_MARGIN_MS) return pair;
  return { ...pair, accessExpiresAt: now + ACCESS_TOKEN_LIFETIME_MS };
}

/** Retired pairs that still matter: those whose access token has not ended. */
export function stillLiving(pairs: readonly (Pair | undefined)[], now: number): readonly Pair[] {
  return pairs.filter((pair): pair is Pair => pair !== undefined && pair.accessExpiresAt > now);
}

/** The refresh tokens of `head` and `previous`, ended for `reason`. */
export function endRefreshTokens(state: TokenState, reason: EndReason): TokenEvent[] {
  const events: TokenEvent[] = [];
  for (const pair of [state.previous, state.head]) {
    if (pair) events.push({ type: "refresh_ended", refreshToken: pair.refreshToken, reason });
  }
  return events;
}
