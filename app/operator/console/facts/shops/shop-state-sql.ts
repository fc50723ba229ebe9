import type { SessionLayout } from "../../../../infra/database/session-layout.ts";
import { isNotExchangeable, isRefusedForGood, isUnreachable } from "../../../../tokens/records/permanent-token.ts";
import { SHOP_DOMAIN } from "../../../../tokens/records/shop-name.ts";

/** SQL: whether the refresh token of the row `s` has ended. */
const hasEnded = ({ msOf }: SessionLayout) => `${msOf('s."refreshTokenExpires"')} <= extract(epoch FROM now()) * 1000`;

/**
 * SQL: the state of a shop (`ShopState`), given its offline row of `Session` (alias `s`) and its row of `ShopToken` (alias `t`), either of
 * which may be missing. A row without a refresh token is permanent, whatever its prefix and expiry say.
 */
export const shopState = (layout: SessionLayout): string => `CASE
  WHEN s."id" IS NULL THEN CASE WHEN t."uninstalledAt" IS NOT NULL THEN 'uninstalled' ELSE 'empty' END
  WHEN lower(s."id") <> 'offline_' || lower(s."shop") OR lower(s."shop") !~ '${SHOP_DOMAIN}' THEN 'foreign'
  WHEN ${isRefusedForGood("s", "t")} THEN 'needs_reauthorization'
  WHEN t."suspendedAt" IS NOT NULL THEN 'paused'
  WHEN coalesce(s."refreshToken", '') <> '' THEN CASE WHEN ${hasEnded(layout)} THEN 'ended' ELSE 'expiring' END
  WHEN s."accessToken" = '' THEN 'empty'
  WHEN ${isNotExchangeable("s", "t")} THEN 'not_exchangeable'
  WHEN ${isUnreachable("s", "t")} THEN 'unreachable'
  ELSE 'permanent' END`;

/** SQL: the code of what the state is about, where there is one. */
export const shopReason = (layout: SessionLayout): string => `CASE
  WHEN s."id" IS NULL THEN CASE WHEN t."uninstalledAt" IS NOT NULL THEN 'uninstalled' END
  WHEN lower(s."id") <> 'offline_' || lower(s."shop") OR lower(s."shop") !~ '${SHOP_DOMAIN}' THEN 'foreign_session'
  WHEN ${isRefusedForGood("s", "t")} THEN coalesce(t."needsReauthWhy", 'needs_reauthorization')
  WHEN t."suspendedAt" IS NOT NULL THEN coalesce(t."suspendedWhy", 'suspended')
  WHEN coalesce(s."refreshToken", '') <> '' THEN CASE WHEN ${hasEnded(layout)} THEN 'refresh_token_expired' END
  WHEN s."accessToken" = '' THEN 'empty_access_token'
  WHEN ${isNotExchangeable("s", "t")} THEN 'not_exchangeable'
  WHEN ${isUnreachable("s", "t")} THEN 'unreachable' END`;
