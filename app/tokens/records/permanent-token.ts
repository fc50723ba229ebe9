import { SEALED_PREFIX } from "../sealing/sealed-value.ts";

/**
 * What a permanent token is: the access token of an offline session that has no refresh token. Neither prefix nor expiry tells:
 * expiring tokens begin with `shpat_` too, custom-looking prefixes occur in public apps, and an expiry may have been stored wrongly.
 * Whether such a token must go is a matter of the app's distribution (`isExemptDistribution`), never of the token.
 */

/**
 * The SQL predicate. Repeated word for word by the partial indexes on `Session`: Postgres uses them only while both texts mean the
 * same. Contains no user input.
 */
export const PERMANENT_TOKEN_PREDICATE = `NOT "isOnline" AND "accessToken" <> '' AND coalesce("refreshToken", '') = ''`;

/** The same predicate for a session in memory. */
export function isPermanentToken(session: { isOnline: boolean; accessToken?: string; refreshToken?: string }): boolean {
  return !session.isOnline && Boolean(session.accessToken) && !session.refreshToken;
}

/** Shopify's AppDistribution. */
export type AppDistribution = "app_store" | "single_merchant" | "shopify_admin";

/**
 * Whether an app may keep permanent tokens after 1 January 2027: only public apps (`app_store`) may not.
 * @see https://shopify.dev/changelog/expiring-offline-access-tokens-required-for-all-public-apps-as-of-january-1-2027
 */
export function isExemptDistribution(distribution: AppDistribution): boolean {
  return distribution !== "app_store";
}

/**
 * SQL: which credential a row holds, as 32 hexadecimal digits of its SHA-256; tokens have far more entropy than could be guessed.
 * A sealed token says its fingerprint, so that it is the same before and after. A mark in `ShopToken` names the credential that Shopify refused, so that it says nothing about another one stored later.
 * @param s the row of `Session`.
 */
export const tokenFingerprint = (s: string): string => {
  const token = `coalesce(nullif(${s}."refreshToken", ''), ${s}."accessToken")`;
  return `CASE WHEN starts_with(${token}, '${SEALED_PREFIX}') THEN split_part(${token}, ':', 4)
    ELSE left(encode(sha256(convert_to(${token}, 'UTF8')), 'hex'), 32) END`;
};

/**
 * SQL: whether Shopify refused the credential of a row for good.
 * @param s the row of `Session`.
 * @param t the row of `ShopToken` of the same shop.
 */
export const isRefusedForGood = (s: string, t: string): string =>
  `coalesce(${t}."needsReauthAt" IS NOT NULL AND ${t}."needsReauthToken" = ${tokenFingerprint(s)}, false)`;

/** SQL: whether the Admin API takes the permanent token of a row though the token endpoint would not exchange it. */
export const isNotExchangeable = (s: string, t: string): string =>
  `coalesce(${t}."notExchangeableAt" IS NOT NULL AND ${t}."notExchangeableToken" = ${tokenFingerprint(s)}, false)`;

/** Runs that give the same token up before it no longer counts as one that a run would migrate. */
const MOST_GIVEN_UP_RUNS = 2;

/**
 * SQL: whether the token endpoint has served the permanent token of a row in none of several runs: errors, silence, or longer to wait than a
 * run waits for one shop.
 */
export const isUnreachable = (s: string, t: string): string =>
  `coalesce(${t}."givenUpRuns" >= ${MOST_GIVEN_UP_RUNS} AND ${t}."givenUpToken" = ${tokenFingerprint(s)}, false)`;
