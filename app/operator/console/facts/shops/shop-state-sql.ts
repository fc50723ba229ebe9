import { isNotExchangeable, isRefusedForGood, isUnreachable } from "../../../../tokens/records/permanent-token.ts";
import { SHOP_DOMAIN } from "../../../../tokens/records/shop-name.ts";

/**
 * SQL: the state of a shop (`ShopState`), given its offline row of `Session` (alias `s`) and its row of `ShopToken` (alias `t`), either of
 * which may be missing. A row without a refresh token is permanent, whatever its prefix and expiry say.
 */
export const SHOP_STATE = `CASE
  WHEN s."id" IS NULL THEN CASE WHEN t."uninstalledAt" IS NOT NULL THEN 'uninstalled' ELSE 'empty' END
  WHEN lower(s."id") <> 'offline_' || lower(s."shop") OR lower(s."shop") !~ '${SHOP_DOMAIN}' THEN 'foreign'
  WHEN ${isRefusedForGood("s", "t")} THEN 'needs_reauthorization'
  WHEN t."suspendedAt" IS NOT NULL THEN 'paused'
  WHEN coalesce(s."refreshToken", '') <> '' THEN CASE WHEN s."refreshTokenExpires" <= now() AT TIME ZONE 'UTC' THEN 'ended' ELSE 'expiring' END
  WHEN s."accessToken" = '' THEN 'empty'
  WHEN ${isNotExchangeable("s", "t")} THEN 'not_exchangeable'
  WHEN ${isUnreachable("s", "t")} THEN 'unreachable'
  ELSE 'permanent' END`;

/** SQL: the code of what the state is about, where there is one. */
export const SHOP_REASON = `CASE
  WHEN s."id" IS NULL THEN CASE WHEN t."uninstalledAt" IS NOT NULL THEN 'uninstalled' END
  WHEN lower(s."id") <> 'offline_' || lower(s."shop") OR lower(s."shop") !~ '${SHOP_DOMAIN}' THEN 'foreign_session'
  WHEN ${isRefusedForGood("s", "t")} THEN coalesce(t."needsReauthWhy", 'needs_reauthorization')
  WHEN t."suspendedAt" IS NOT NULL THEN coalesce(t."suspendedWhy", 'suspended')
  WHEN coalesce(s."refreshToken", '') <> '' THEN CASE WHEN s."refreshTokenExpires" <= now() AT TIME ZONE 'UTC' THEN 'refresh_token_expired' END
  WHEN s."accessToken" = '' THEN 'empty_access_token'
  WHEN ${isNotExchangeable("s", "t")} THEN 'not_exchangeable'
  WHEN ${isUnreachable("s", "t")} THEN 'unreachable' END`;
