import { endRefreshTokens, stillLiving } from "./issue-pair.ts";
import type { Mint, PermanentToken, TokenEvent, TokenState, Transition } from "./token-state.ts";

/**
 * ID token exchange or authorization code without `expiring=1`: a permanent token. Asked for again, Shopify returns the
 * same one (older documentation of offline access tokens); `again: "new"` is the other reading. Being an acquisition, it
 * retires older refresh tokens.
 */
export function acquirePermanent(
  state: TokenState,
  input: { secretId: number; now: number; mint: Mint; again: "same" | "new" },
): Transition<PermanentToken> {
  const { now } = input;
  const existing = state.permanent;
  const events: TokenEvent[] = endRefreshTokens(state, "another_acquisition");
  let permanent: PermanentToken;
  if (existing && input.again === "same") {
    permanent = existing;
  } else {
    permanent = { accessToken: input.mint.accessToken(), issuedAt: now, secretId: input.secretId };
    if (existing)
      events.push({ type: "permanent_ended", accessToken: existing.accessToken, reason: "another_acquisition" });
  }
  events.push({ type: "permanent_issued", token: permanent, again: permanent === existing });
  return {
    ok: true,
    answer: permanent,
    events,
    state: {
      permanent,
      retired: stillLiving([...state.retired, state.previous, state.head], now),
      online: state.online,
    },
  };
}
