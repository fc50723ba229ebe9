import { REFRESH_TOKEN_LIFETIME_MS } from "../../tokens/renew/timing.ts";
import type { ShopTokenState } from "../../tokens/types.ts";
import type { ShopJobContext } from "../queue/job-types.ts";

/** Whether a shop's pair is at least so old: a decision with its reason. */
export function isPairOld(
  state: Pick<ShopTokenState, "refreshTokenExpires" | "needsReauthAt" | "uninstalledAt">,
  ageMs: number,
  now: number,
): { old: boolean; reason: "no_pair" | "dead" | "young" | "old" } {
  if (state.needsReauthAt || state.uninstalledAt) return { old: false, reason: "dead" };
  if (!state.refreshTokenExpires) return { old: false, reason: "no_pair" };
  const issuedAt = state.refreshTokenExpires.getTime() - REFRESH_TOKEN_LIFETIME_MS;
  return now - issuedAt >= ageMs ? { old: true, reason: "old" } : { old: false, reason: "young" };
}

/**
 * Refreshes one shop's chain, so that its 90 days begin anew. Looks again first: since it was planned, a request may have refreshed
 * it, or Shopify may have declared it dead.
 */
export async function keepAlive(context: ShopJobContext, fromAgeMs: number): Promise<void> {
  const { old } = isPairOld(await context.tokenState(), fromAgeMs, context.clock());
  if (old) await context.refreshToken();
}
