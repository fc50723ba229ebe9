import sql from "sql-template-tag";
import type { TokenContext } from "../context.ts";
import { CLOCK_DOUBT_MS } from "../renew/timing.ts";

/**
 * `app/scopes_update`: what the merchant has granted now. Touches no token. Deliveries come late and out of order: scopes that are
 * older than the stored ones, by Shopify's clock, or than the stored token, by far, change nothing.
 * @param at when Shopify says that it happened (`X-Shopify-Triggered-At`); now unless told.
 * @returns whether the shop has a session.
 */
export async function recordScopes(
  ctx: TokenContext,
  shop: string,
  scopes: readonly string[],
  at: Date = new Date(ctx.now()),
): Promise<boolean> {
  const id = ctx.api.session.getOfflineId(shop);
  const [row] = await ctx.db.query<[{ known: boolean }]>(sql`
    WITH news AS (
      INSERT INTO expand_contract."ShopToken" AS t ("shop", "scopesAt")
      SELECT ${shop}, ${at.toISOString()}::timestamptz FROM "Session" WHERE "id" = ${id} AND NOT "isOnline"
      ON CONFLICT ("shop") DO UPDATE SET "scopesAt" = EXCLUDED."scopesAt"
        WHERE COALESCE(t."scopesAt" <= EXCLUDED."scopesAt", true)
          AND COALESCE(GREATEST(t."acquiredAt", t."migratedAt", t."refreshedAt")
            <= EXCLUDED."scopesAt" + ${CLOCK_DOUBT_MS}::int * interval '1 millisecond', true)
      RETURNING t."shop"
    ), stored AS (
      UPDATE "Session" SET "scope" = ${scopes.join(",")} FROM news WHERE "id" = ${id} AND NOT "isOnline"
    )
    SELECT EXISTS (SELECT FROM "Session" WHERE "id" = ${id} AND NOT "isOnline") AS "known"`);
  return row.known;
}
