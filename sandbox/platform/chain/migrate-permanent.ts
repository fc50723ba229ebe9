import { MIGRATION_RETRY_WINDOW_MS } from "../lifetimes.ts";
import { endRefreshTokens, extendWhenNeeded, issuePair, stillLiving } from "./issue-pair.ts";
import type { Mint, Pair, TokenState, Transition } from "./token-state.ts";

/**
 * A permanent token exchanged for a pair. The permanent token is dead from then on. The same token with the same client
 * credentials gives the same pair again for seven days, until that pair is refreshed or another acquisition replaces it
 * (changelog 2026-09-29).
 */
export function migratePermanent(
  state: TokenState,
  input: { permanentToken: string; secretId: number; now: number; mint: Mint },
): Transition<Pair> {
  const { now, permanentToken, secretId } = input;
  if (state.permanent?.accessToken === permanentToken) {
    const head = issuePair(input.mint, secretId, now);
    return {
      ok: true,
      answer: head,
      events: [
        ...endRefreshTokens(state, "another_acquisition"),
        { type: "permanent_ended", accessToken: permanentToken, reason: "migrated" },
        { type: "pair_issued", pair: head, by: "migration" },
      ],
      state: {
        migration: { permanentToken, secretId, at: now },
        head,
        retired: stillLiving([...state.retired, state.previous, state.head], now),
        online: state.online,
      },
    };
  }
  const { migration, head } = state;
  if (!migration || !head || migration.permanentToken !== permanentToken) return { ok: false, reason: "unknown" };
  if (now >= migration.at + MIGRATION_RETRY_WINDOW_MS) return { ok: false, reason: "retry_window_closed" };
  if (migration.secretId !== secretId) return { ok: false, reason: "other_credentials" };
  const same = extendWhenNeeded(head, now);
  return {
    ok: true,
    answer: same,
    events: [{ type: "pair_returned_again", pair: same, by: "migration" }],
    state: { ...state, head: same },
  };
}
