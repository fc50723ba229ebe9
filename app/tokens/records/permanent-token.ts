/**
 * What a permanent token is. The prefix never tells: expiring access tokens start with `shpat_` too, and installs from before
 * prefixes hold 32 hexadecimal digits. `shpca_`/`shppa_` belong to custom and private apps, which are exempt.
 */

/**
 * The SQL predicate. Repeated word for word by the partial index `Session_permanent_idx`: Postgres uses the index only while
 * both texts mean the same. Contains no user input.
 */
export const PERMANENT_TOKEN_PREDICATE = `NOT "isOnline" AND "refreshToken" IS NULL AND "expires" IS NULL AND "accessToken" <> ''
  AND ("accessToken" LIKE 'shpat\\_%' OR "accessToken" NOT LIKE 'shp__\\_%')`;

/** Whether a token's prefix says that it belongs to a custom or private app (or is no access token at all). */
export function hasOtherPrefix(accessToken: string): boolean {
  return /^shp.._/s.test(accessToken) && !accessToken.startsWith("shpat_");
}

/** The same predicate for a session in memory. */
export function isPermanentToken(session: {
  isOnline: boolean;
  accessToken?: string;
  refreshToken?: string;
  expires?: Date;
}): boolean {
  return (
    !session.isOnline &&
    !session.refreshToken &&
    !session.expires &&
    Boolean(session.accessToken) &&
    !hasOtherPrefix(session.accessToken ?? "")
  );
}
