import type { JwtPayload } from "@shopify/shopify-api";

const STAFF_ID = /^\d{1,20}$/;

/**
 * Whether the claims of a verified ID token are those that Shopify Admin gives to a member of a shop's staff. Shopify POS and Shopify Mobile
 * send the Admin's own tokens; those of customer accounts, checkout and extensions look different.
 * @param shop its permanent domain.
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/session-tokens#anatomy-of-a-session-token
 */
export function isOfAdmin({ dest, iss, exp, nbf, sub }: JwtPayload, shop: string): boolean {
  return (
    dest === `https://${shop}` &&
    iss === `https://${shop}/admin` &&
    Number.isFinite(exp) &&
    Number.isFinite(nbf) &&
    typeof sub === "string" &&
    STAFF_ID.test(sub)
  );
}
