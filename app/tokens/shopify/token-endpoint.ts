import { RequestedTokenType, type Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { resignIdToken } from "./resign-id-token.ts";

/** What the token endpoint can be asked for by this folder. The authorization code grant is the library's own. */
export type TokenRequest =
  | { grant: "exchange"; idToken: string }
  /** `withPrevious`: as the app was before its client secret was rotated; a retry needs the credentials that asked first. */
  | { grant: "migrate"; permanentToken: string; withPrevious?: boolean }
  | { grant: "refresh"; refreshToken: string };

/** `application`: application-only-token.ts, for which the library has no verb. */
export type Grant = TokenRequest["grant"] | "application";

/**
 * Sends one token request and returns what came back, complete or not. Judging is done elsewhere (classify-token-error.ts,
 * store-pair.ts). Expiries count from the moment the request was sent, by this app's clock: never later than Shopify's.
 * @throws whatever the library throws.
 */
export async function sendTokenRequest(ctx: TokenContext, shop: string, request: TokenRequest): Promise<Session> {
  const sentAt = ctx.now();
  const started = performance.now();
  try {
    const { session } = await send(ctx, shop, request);
    const aheadMs = Date.now() - sentAt;
    session.expires = shift(session.expires, aheadMs);
    session.refreshTokenExpires = shift(session.refreshTokenExpires, aheadMs);
    if (!isScope(session.scope)) session.scope = undefined;
    return session;
  } finally {
    ctx.metrics.tokenCallSeconds.observe({ grant: request.grant }, (performance.now() - started) / 1_000);
  }
}

async function send(ctx: TokenContext, shop: string, request: TokenRequest): Promise<{ session: Session }> {
  const { api, previousApi } = ctx;
  switch (request.grant) {
    case "exchange":
      return api.auth.tokenExchange({
        shop,
        sessionToken: checkable(ctx, request.idToken),
        requestedTokenType: RequestedTokenType.OfflineAccessToken,
        expiring: true,
      });
    case "migrate": {
      const { auth } = request.withPrevious ? previousApi! : api;
      return auth.migrateToExpiringToken({ shop, nonExpiringOfflineAccessToken: request.permanentToken });
    }
    case "refresh":
      return api.auth.refreshToken({ shop, refreshToken: request.refreshToken });
  }
}

/** As the library can check it. */
function checkable({ api, previousApi }: TokenContext, idToken: string): string {
  const [current, previous] = [api.config?.apiSecretKey, previousApi?.config?.apiSecretKey];
  return current && previous ? resignIdToken({ current, previous }, idToken) : idToken;
}

/** The library hands on whatever is in the field. @see https://www.rfc-editor.org/rfc/rfc6749#appendix-A.4 */
const isScope = (value: unknown): boolean => typeof value === "string" && /^[\x20-\x7e]*$/.test(value);

/** The library counts expiries from the moment it has read the answer, by the system's clock. */
function shift(date: Date | undefined, ms: number): Date | undefined {
  return date && new Date(date.getTime() - ms);
}
