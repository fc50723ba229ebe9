import { OWN_SCHEMA, type Step } from "./own-schema.ts";
import { ownTables } from "./own-tables.ts";
import type { WantedIndex } from "./session-table.ts";

/** A step that is plain SQL. */
function sql(name: string, ...statements: string[]): Step {
  return { name, plan: async () => [`SET LOCAL search_path TO ${OWN_SCHEMA}`, ...statements] };
}

/** In this order, each once. A step that has been released is never changed: write another. */
export const STEPS: readonly Step[] = [
  ownTables,
  // Leases that were not released: the record of a call to Shopify whose outcome is unknown. Few rows hold a lease at any time.
  sql(
    "0002-lease-index",
    `CREATE INDEX IF NOT EXISTS "ShopToken_lease_idx" ON "ShopToken" ("leaseExpiresAt") WHERE "leaseOwner" IS NOT NULL`,
  ),
];

/** The indexes that `Session` needs. */
export const SESSION_INDEXES: readonly WantedIndex[] = [{ name: "Session_shop_idx", on: `("shop")` }];
