import sql from "sql-template-tag";
import type { TokenContext } from "../context.ts";
import { describeError } from "../errors.ts";
import { clearSuspended } from "../renew/mark-shop.ts";

const RELOAD_MS = 60_000;

export interface SuspendedShops {
  /** A call of this shop succeeded: if it was marked as suspended, it no longer is. Never throws. */
  noteSuccess(shop: string): Promise<void>;
}

/**
 * Which shops are marked as suspended, read at most once a minute: a successful call must not cost a query to find out that
 * there is no mark to lift.
 */
export function createSuspendedShops(ctx: TokenContext): SuspendedShops {
  let marked = new Set<string>();
  let readAt = -Infinity;
  return {
    async noteSuccess(shop) {
      try {
        if (performance.now() - readAt > RELOAD_MS) {
          readAt = performance.now();
          const rows = await ctx.db.query<{ shop: string }[]>(sql`
            SELECT "shop" FROM expand_contract."ShopToken" WHERE "suspendedAt" IS NOT NULL`);
          marked = new Set(rows.map((row) => row.shop));
        }
        if (marked.delete(shop)) await clearSuspended(ctx, shop);
      } catch (error) {
        ctx.log.warn({ shop, ...describeError(error) }, "could not lift the suspended mark");
      }
    },
  };
}
