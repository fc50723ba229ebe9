import { revokePinned } from "./chain/revoke-tokens.ts";
import { recordEvents } from "./ledger/ledger.ts";
import type { PlatformState } from "./state.ts";

/** Adds a client secret. Both work, and tokens stay pinned to the one that minted them until their next refresh. */
export function rotateSecret(state: PlatformState, value?: string): string {
  const secret = value ?? `shpss_${state.random.hex(32)}`;
  state.secrets.push({ id: state.secrets.length + 1, value: secret, revoked: false });
  return secret;
}

/** Revokes every secret but the newest, with every token they minted. Returns how many shops lost the pair or permanent token that they had. */
export function revokeOldSecrets(state: PlatformState): number {
  let ended = 0;
  for (const secret of state.secrets.slice(0, -1)) {
    if (secret.revoked) continue;
    secret.revoked = true;
    for (const shop of state.shops.values()) {
      const { state: tokens, events } = revokePinned(shop.tokens, secret.id);
      if (events.length === 0) continue;
      recordEvents(state.ledger, shop, events, state.clock.now());
      if (shop.tokens.head !== tokens.head || shop.tokens.permanent !== tokens.permanent) ended += 1;
      shop.tokens = tokens;
    }
  }
  return ended;
}
