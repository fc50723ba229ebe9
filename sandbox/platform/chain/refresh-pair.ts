import { REFRESH_RETRY_WINDOW_MS } from "../lifetimes.ts";
import { extendWhenNeeded, issuePair, stillLiving } from "./issue-pair.ts";
import type { Mint, Pair, RefusalReason, TokenEvent, TokenState, Transition } from "./token-state.ts";

/** Which of the shop's refresh tokens this is, or why it cannot be used. */
export type RefreshStanding =
  | { readonly usable: true; readonly which: "head" | "previous" }
  | { readonly usable: false; readonly reason: RefusalReason };

/**
 * Whether a refresh token works now. The newest one does for 90 days. The one before it does until the newest one is
 * used, for 30 days from its own first use, and never beyond its own 90 days (changelog 2026-08-28).
 */
export function refreshStanding(state: TokenState, refreshToken: string, now: number): RefreshStanding {
  const { head, previous } = state;
  if (head?.refreshToken === refreshToken) {
    return now < head.refreshExpiresAt ? { usable: true, which: "head" } : { usable: false, reason: "expired" };
  }
  if (previous?.refreshToken !== refreshToken) return { usable: false, reason: "unknown" };
  if (now >= previous.refreshExpiresAt) return { usable: false, reason: "expired" };
  const firstUsedAt = previous.firstUsedAt ?? now;
  if (now >= firstUsedAt + REFRESH_RETRY_WINDOW_MS) return { usable: false, reason: "retry_window_closed" };
  return { usable: true, which: "previous" };
}

/**
 * A refresh token exchanged for the next pair. Presented again (`which: "previous"`), it either gives another new pair,
 * which replaces the one whose answer may have been lost, or the same one: Shopify does not say, `again` chooses.
 */
export function refreshPair(
  state: TokenState,
  input: {
    refreshToken: string;
    secretId: number;
    now: number;
    mint: Mint;
    again: "new-pair" | "same-pair" | "refused";
  },
): Transition<Pair> {
  const { now } = input;
  const standing = refreshStanding(state, input.refreshToken, now);
  if (!standing.usable) return { ok: false, reason: standing.reason };
  const head = state.head as Pair;

  if (standing.which === "previous") {
    if (input.again === "refused") return { ok: false, reason: "concurrent" };
    if (input.again === "same-pair") {
      const same = extendWhenNeeded(head, now);
      return {
        ok: true,
        answer: same,
        events: [{ type: "pair_returned_again", pair: same, by: "refresh" }],
        state: { ...state, head: same },
      };
    }
    const next = issuePair(input.mint, input.secretId, now);
    return {
      ok: true,
      answer: next,
      events: [
        { type: "refresh_ended", refreshToken: head.refreshToken, reason: "replaced_by_retry" },
        { type: "pair_issued", pair: next, by: "refresh" },
      ],
      state: { ...state, head: next, retired: stillLiving([...state.retired, head], now) },
    };
  }

  const next = issuePair(input.mint, input.secretId, now);
  const events: TokenEvent[] = [];
  if (state.previous) {
    events.push({ type: "refresh_ended", refreshToken: state.previous.refreshToken, reason: "replacement_used" });
  }
  events.push({ type: "pair_issued", pair: next, by: "refresh" });
  return {
    ok: true,
    answer: next,
    events,
    state: {
      permanent: state.permanent,
      head: next,
      previous: { ...head, firstUsedAt: now },
      retired: stillLiving([...state.retired, state.previous], now),
      online: state.online,
    },
  };
}
