import { Session } from "@shopify/shopify-api";
import type { TokenContext } from "./context.ts";

/**
 * A shop's offline session as it is stored, refresh token included: for this folder only. Exactly one query.
 * @throws InvalidShopError for anything that is not a shop domain.
 */
export async function readSession(ctx: TokenContext, shop: string): Promise<Session | undefined> {
  const session = await ctx.rows.loadSession(ctx.api.session.getOfflineId(shop));
  if (session?.refreshTokenExpires !== undefined) {
    // Session.fromPropertyArray of shopify-api 15 leaves this one as a number.
    session.refreshTokenExpires = new Date(session.refreshTokenExpires);
  }
  return session;
}

/** A copy for the world outside this folder: whoever holds no refresh token cannot refresh past the lane. */
export function withoutRefreshToken(session: Session): Session {
  const { refreshToken: _refreshToken, refreshTokenExpires: _expires, ...rest } = session.toObject();
  return new Session(rest);
}
