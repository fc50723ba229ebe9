import type { TokenContext } from "./context.ts";
import { withLane } from "./lane.ts";
import { runWithGrant } from "./request-context.ts";

/**
 * Holds a shop's lane while the library handles `/auth/callback`: it exchanges the code and stores the session, and that write
 * happens under this lane. The lane ends with the write; what the library does afterwards needs none.
 * @param shop sanitized, and proven by the request's HMAC: anybody can ask for a callback.
 * @throws TransientError when the lane stays busy.
 */
export function withAuthorizationCodeGrant<T>(ctx: TokenContext, shop: string, run: () => Promise<T>): Promise<T> {
  return withLane(ctx, shop, {}, async (lane) => {
    await lane.holdForCall();
    return runWithGrant(lane, run);
  });
}
