import type { TokenState } from "./token-state.ts";

export type AccessStanding =
  | { readonly live: true; readonly kind: "permanent" | "expiring" | "online"; readonly expiresAt?: number }
  | { readonly live: false; readonly reason: "unknown" | "expired" };

/** Whether the Admin API knows this access token now, and of which kind it is. */
export function accessStanding(state: TokenState, accessToken: string, now: number): AccessStanding {
  if (state.permanent?.accessToken === accessToken) return { live: true, kind: "permanent" };
  for (const pair of [state.head, state.previous, ...state.retired]) {
    if (pair?.accessToken !== accessToken) continue;
    return now < pair.accessExpiresAt
      ? { live: true, kind: "expiring", expiresAt: pair.accessExpiresAt }
      : { live: false, reason: "expired" };
  }
  for (const token of state.online) {
    if (token.accessToken !== accessToken) continue;
    return now < token.expiresAt
      ? { live: true, kind: "online", expiresAt: token.expiresAt }
      : { live: false, reason: "expired" };
  }
  return { live: false, reason: "unknown" };
}
