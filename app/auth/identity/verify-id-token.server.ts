import type { JwtPayload } from "@shopify/shopify-api";
import { services } from "../../services.server.ts";
import { findShopDomain, type ShopDomain } from "../../infra/shop-domain.ts";
import { isOfAdmin } from "./is-of-admin.ts";

/**
 * An ID token that does not open this app. `stale` may be cured by a new one: it is missing, expired, not for this app or not signed by
 * Shopify. `not_admin` is genuine, and belongs to a customer or to an extension: there is no cure.
 */
export class IdTokenRefusedError extends Error {
  readonly code = "id_token_refused";
  readonly kind: "stale" | "not_admin";

  constructor(kind: "stale" | "not_admin") {
    super(
      kind === "stale" ? "The ID token is missing or not valid (any more)" : "The ID token is not one of Shopify Admin",
    );
    this.kind = kind;
    this.name = "IdTokenRefusedError";
  }
}

/** Far above what Shopify issues (some 700 characters). */
const LONGEST_ID_TOKEN = 4_096;

/**
 * Verifies an ID token: signature, time and audience, and that Shopify Admin issued it to a member of the shop's staff.
 * @returns the shop.
 * @throws IdTokenRefusedError
 */
export async function verifyIdToken(idToken: string | undefined): Promise<ShopDomain> {
  if (!idToken || idToken.length > LONGEST_ID_TOKEN) throw new IdTokenRefusedError("stale");
  const claims = await Promise.any(services.signers.map(({ session }) => session.decodeSessionToken(idToken))).catch(
    (): JwtPayload => {
      throw new IdTokenRefusedError("stale"); // without a cause: the library's message quotes the token
    },
  );
  const shop = typeof claims.dest === "string" ? findShopDomain(URL.parse(claims.dest)?.hostname) : undefined;
  if (!shop || !isOfAdmin(claims, shop)) throw new IdTokenRefusedError("not_admin");
  return shop;
}
