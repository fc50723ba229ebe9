import { z } from "zod";
import type { AdminContext } from "../../auth/authenticate.server.ts";
import { TokenError, TransientError } from "../../tokens/index.ts";

/** A page waits this long for Shopify before it is shown without what only Shopify knows. */
export const FACTS_WITHIN_MS = 3_000;

const SHOP_FACTS_QUERY = `#graphql
  query ShopFacts {
    shop {
      name
      myshopifyDomain
      ianaTimezone
      plan {
        publicDisplayName
      }
    }
  }
`;

const shopFactsSchema = z
  .object({
    shop: z.object({
      name: z.string(),
      myshopifyDomain: z.string(),
      ianaTimezone: z.string(),
      plan: z.object({ publicDisplayName: z.string() }),
    }),
  })
  .transform(({ shop }) => ({
    // Of spaces and invisible characters alone there would be a page without a title; marks of direction would turn the sentence around the name.
    name: shop.name.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, "").trim() || shop.myshopifyDomain,
    domain: shop.myshopifyDomain,
    plan: shop.plan.publicDisplayName,
    /** IANA name, e.g. Europe/Berlin. */
    timeZone: shop.ianaTimezone,
  }));

export type ShopFacts = z.infer<typeof shopFactsSchema>;

/**
 * Asks the Admin API for what the pages say about a shop.
 * @throws TransientError when `signal` ends the wait; else the Admin client's errors.
 */
export async function fetchShopFacts(
  { shop: domain, admin }: Pick<AdminContext, "shop" | "admin">,
  signal: AbortSignal,
): Promise<ShopFacts> {
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new TransientError(domain, "page_waited_enough")), { once: true });
  });
  return shopFactsSchema.parse(await Promise.race([admin.graphql(SHOP_FACTS_QUERY, { signal }), late]));
}

/** Errors after which a page can still say what the app itself knows. */
const SHOPIFY_IS_AWAY = new Set([
  "transient",
  "incomplete_pair",
  "admin_api_refused",
  "graphql_errors",
  "shop_suspended",
]);

/** The same, or undefined when Shopify does not answer now. */
export async function findShopFacts(admin: AdminContext): Promise<ShopFacts | undefined> {
  try {
    return await fetchShopFacts(admin, AbortSignal.timeout(FACTS_WITHIN_MS));
  } catch (error) {
    if (error instanceof TokenError && SHOPIFY_IS_AWAY.has(error.code)) return undefined;
    throw error;
  }
}
