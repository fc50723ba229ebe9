import { ONLINE_TOKEN_LIFETIME_MS } from "../lifetimes.ts";
import type { Mint, OnlineToken, TokenState, Transition } from "./token-state.ts";

/** An online access token for one user: a day, no refresh token, no bearing on the offline tokens. */
export function issueOnline(
  state: TokenState,
  input: { userId: string; secretId: number; now: number; mint: Mint },
): Transition<OnlineToken> {
  const token: OnlineToken = {
    accessToken: input.mint.accessToken(),
    expiresAt: input.now + ONLINE_TOKEN_LIFETIME_MS,
    secretId: input.secretId,
    userId: input.userId,
  };
  const online = [...state.online.filter((other) => other.expiresAt > input.now), token];
  return { ok: true, answer: token, events: [{ type: "online_issued", token }], state: { ...state, online } };
}
