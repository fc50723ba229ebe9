import { accessStanding } from "./chain/access-standing.ts";
import { permanentTokensRefused } from "./cut-off.ts";
import type { PlatformState, ShopRecord } from "./state.ts";
import { suspensionOf } from "./suspension.ts";

export type AdminAccess =
  | { allowed: true; shop: ShopRecord; kind: "permanent" | "expiring" | "online" | "application" }
  | { allowed: false; status: number; errors: string; outcome: string };

const INVALID_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)";
const NON_EXPIRING_REFUSED =
  "[API] Non-expiring access tokens are no longer accepted for the Admin API. Start using expiring offline tokens: " +
  "https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens" +
  "#expiring-vs-non-expiring-offline-tokens";

/** Whether an access token opens a shop's Admin API now, or the exact refusal. */
export function judgeAdminAccess(
  state: PlatformState,
  shopDomain: string,
  accessToken: string | undefined,
): AdminAccess {
  const shop = state.shops.get(shopDomain);
  if (!shop) return { allowed: false, status: 404, errors: "Not Found", outcome: "unknown_shop" };
  const suspension = suspensionOf(state, shop);
  if (suspension) return { allowed: false, ...suspension };
  if (!accessToken) return { allowed: false, status: 401, errors: INVALID_TOKEN, outcome: "no_token" };
  const application = shop.applicationTokens?.find((token) => token.accessToken === accessToken);
  if (application && shop.installed && application.expiresAt > state.clock.now()) {
    return { allowed: true, shop, kind: "application" };
  }
  const standing = accessStanding(shop.tokens, accessToken, state.clock.now());
  if (!standing.live || !shop.installed) {
    return {
      allowed: false,
      status: 401,
      errors: INVALID_TOKEN,
      outcome: standing.live ? "not_installed" : standing.reason,
    };
  }
  if (standing.kind === "permanent" && permanentTokensRefused(state)) {
    return state.choices.permanentAfterCutOff === "403-refused"
      ? { allowed: false, status: 403, errors: NON_EXPIRING_REFUSED, outcome: "permanent_refused" }
      : { allowed: false, status: 401, errors: INVALID_TOKEN, outcome: "permanent_invalidated" };
  }
  return { allowed: true, shop, kind: standing.kind };
}
