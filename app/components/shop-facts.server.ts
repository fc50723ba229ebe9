import { z } from "zod";
import type { AdminClient } from "../tokens/index.ts";

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

const shopFactsSchema = z.object({
  shop: z.object({
    name: z.string(),
    myshopifyDomain: z.string(),
    ianaTimezone: z.string(),
    plan: z.object({ publicDisplayName: z.string() }),
  }),
});

export interface ShopFacts {
  name: string;
  domain: string;
  plan: string;
  /** IANA name, e.g. Europe/Berlin. */
  timeZone: string;
}

/** Asks the Admin API for what the pages say about a shop. Errors are the Admin client's. */
export async function fetchShopFacts(admin: AdminClient): Promise<ShopFacts> {
  const { shop } = shopFactsSchema.parse(await admin.graphql(SHOP_FACTS_QUERY));
  return {
    name: shop.name,
    domain: shop.myshopifyDomain,
    plan: shop.plan.publicDisplayName,
    timeZone: shop.ianaTimezone,
  };
}
