/**
 * Lifetimes and windows of Shopify's offline access tokens, in milliseconds.
 * Sources are listed in docs/platform-rules.md; the sentence after each constant names the one it comes from.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An expiring offline access token lives one hour (shopify.dev, offline access tokens). */
export const ACCESS_TOKEN_LIFETIME_MS = HOUR;

/** A refresh token lives 90 days from its issue, used or not (shopify.dev, offline access tokens). */
export const REFRESH_TOKEN_LIFETIME_MS = 90 * DAY;

/** A used refresh token may be retried for 30 days from its first use (changelog 2026-08-28). */
export const REFRESH_RETRY_WINDOW_MS = 30 * DAY;

/** A spent permanent token may be exchanged again for 7 days (changelog 2026-09-29). */
export const MIGRATION_RETRY_WINDOW_MS = 7 * DAY;

/**
 * "Shopify extends the access token's expiry when needed" (changelog 2026-09-29) gives no number.
 * Here it is needed when less than this is left, which is also the margin Shopify's own libraries refresh at.
 */
export const EXTENSION_MARGIN_MS = 5 * MINUTE;

/** An online access token lives a day (shopify.dev, online access tokens: `expires_in` 86399). */
export const ONLINE_TOKEN_LIFETIME_MS = DAY - SECOND;

/** An ID token lives one minute, by the wall clock (shopify.dev, session tokens). */
export const ID_TOKEN_LIFETIME_MS = MINUTE;

/** No lifetime is published for an authorization code; RFC 6749 4.1.2 recommends ten minutes at most. */
export const AUTHORIZATION_CODE_LIFETIME_MS = 10 * MINUTE;

/** Public apps created from this day on must use expiring tokens already (changelog 2026-05-20). */
export const EXPIRING_REQUIRED_FOR_NEW_APPS_SINCE = Date.parse("2026-04-01T00:00:00Z");

/** From this day on, permanent tokens of every public app are refused (changelog 2026-05-20). */
export const CUT_OFF_AT = Date.parse("2027-01-01T00:00:00Z");

/** `shop/redact` is sent 48 hours after an uninstall (shopify.dev, privacy law compliance). */
export const SHOP_REDACT_DELAY_MS = 48 * HOUR;

/** A webhook is answered within five seconds or counts as failed (shopify.dev, HTTPS webhooks). */
export const WEBHOOK_TIMEOUT_MS = 5 * SECOND;

/** Shopify retries 8 times over 4 hours; the single delays are not published, these grow and add up to 4 hours. */
export const WEBHOOK_RETRY_DELAYS_MS: readonly number[] = [1, 2, 4, 8, 15, 30, 60, 120].map(
  (minutes) => minutes * MINUTE,
);
