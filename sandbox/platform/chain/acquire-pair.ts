import { endRefreshTokens, issuePair, stillLiving } from "./issue-pair.ts";
import type { Mint, Pair, TokenEvent, TokenState, Transition } from "./token-state.ts";

/**
 * ID token exchange or authorization code, with `expiring=1`: a new pair. It retires every older refresh token of the
 * shop at once; older access tokens live out their hour (shopify.dev, offline access tokens). It also ends the retry
 * window of a migration (changelog 2026-09-29).
 */
export function acquirePair(
  state: TokenState,
  input: { by: "id_token" | "authorization_code"; secretId: number; now: number; mint: Mint; revokePermanent: boolean },
): Transition<Pair> {
  const { now } = input;
  const head = issuePair(input.mint, input.secretId, now);
  const events: TokenEvent[] = endRefreshTokens(state, "another_acquisition");
  if (input.revokePermanent && state.permanent) {
    events.push({ type: "permanent_ended", accessToken: state.permanent.accessToken, reason: "another_acquisition" });
  }
  events.push({ type: "pair_issued", pair: head, by: input.by });
  return {
    ok: true,
    answer: head,
    events,
    state: {
      permanent: input.revokePermanent ? undefined : state.permanent,
      head,
      retired: stillLiving([...state.retired, state.previous, state.head], now),
      online: state.online,
    },
  };
}
