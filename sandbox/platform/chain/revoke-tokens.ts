import { NO_TOKENS, type EndReason, type Pair, type TokenEvent, type TokenState } from "./token-state.ts";

/** Ends every token at once: what an uninstall does, before its webhook is sent. */
export function revokeAll(state: TokenState, reason: EndReason): { state: TokenState; events: readonly TokenEvent[] } {
  return revokeWhere(state, () => true, reason);
}

/** Ends every token that a revoked client secret minted (shopify.dev, rotate or revoke client credentials). */
export function revokePinned(
  state: TokenState,
  secretId: number,
): { state: TokenState; events: readonly TokenEvent[] } {
  return revokeWhere(state, (minted) => minted === secretId, "secret_revoked");
}

function revokeWhere(
  state: TokenState,
  dies: (secretId: number) => boolean,
  reason: EndReason,
): { state: TokenState; events: readonly TokenEvent[] } {
  const events: TokenEvent[] = [];
  const endPair = (pair: Pair | undefined, refreshLives: boolean): Pair | undefined => {
    if (!pair || !dies(pair.secretId)) return pair;
    events.push({ type: "access_ended", accessToken: pair.accessToken, reason });
    if (refreshLives) events.push({ type: "refresh_ended", refreshToken: pair.refreshToken, reason });
    return undefined;
  };
  const previous = endPair(state.previous, true);
  const head = endPair(state.head, true);
  const retired = state.retired.filter((pair) => endPair(pair, false));
  const online = state.online.filter((token) => {
    if (!dies(token.secretId)) return true;
    events.push({ type: "access_ended", accessToken: token.accessToken, reason });
    return false;
  });
  let permanent = state.permanent;
  if (permanent && dies(permanent.secretId)) {
    events.push({ type: "permanent_ended", accessToken: permanent.accessToken, reason });
    permanent = undefined;
  }
  const migration = state.migration && !dies(state.migration.secretId) && head ? state.migration : undefined;
  if (!permanent && !head && !previous && retired.length === 0 && online.length === 0)
    return { state: NO_TOKENS, events };
  return { state: { permanent, migration, head, previous, retired, online }, events };
}
