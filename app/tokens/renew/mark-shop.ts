import type { TokenContext } from "../context.ts";
import { LeaseLostError } from "../errors.ts";
import type { Lease } from "./lease.ts";

/**
 * Records Shopify's final answer about a shop: only the merchant's next visit can give a pair. Conditional on the lease, so that
 * a refusal of an old token marks nobody who has a newer one. The token itself is kept; its expiry is set to now, so that it is
 * neither handed out any more nor counted as permanent.
 * @throws LeaseLostError when the shop has a newer pair, or another holder.
 */
export async function markNeedsReauth(ctx: TokenContext, lease: Lease, reason: string): Promise<void> {
  const now = new Date(ctx.now()).toISOString();
  const marked = await ctx.prisma.$queryRaw<{ shop: string }[]>`
    WITH marked AS (
      UPDATE "ShopToken" SET "needsReauthAt" = ${now}::timestamptz, "needsReauthWhy" = ${reason}
      WHERE "shop" = ${lease.shop} AND "leaseOwner" = ${lease.owner} AND "generation" = ${lease.generation}
      RETURNING "shop", "generation"
    ), ended AS (
      UPDATE "Session" SET "expires" = LEAST("expires", ${now}::timestamptz AT TIME ZONE 'UTC')
      FROM marked WHERE "Session"."id" = ${ctx.api.session.getOfflineId(lease.shop)}
    )
    INSERT INTO "TokenEvent" ("shop", "at", "kind", "generation", "code")
    SELECT "shop", ${now}::timestamptz, 'needs_reauth', "generation", ${reason} FROM marked
    RETURNING "shop"`;
  if (marked.length === 0) throw new LeaseLostError(lease.shop);
  ctx.metrics.needsReauth.inc({ reason });
  ctx.log.warn({ shop: lease.shop, reason }, "the shop must be opened by its merchant again");
}

/** Records that a shop is frozen, locked or closed for now. Not a write of the token, so it needs no lease. */
export async function markSuspended(ctx: TokenContext, shop: string, reason: string): Promise<void> {
  const now = new Date(ctx.now()).toISOString();
  await ctx.prisma.$executeRaw`
    WITH marked AS (
      INSERT INTO "ShopToken" AS t ("shop", "suspendedAt", "suspendedWhy") VALUES (${shop}, ${now}::timestamptz, ${reason})
      ON CONFLICT ("shop") DO UPDATE SET "suspendedAt" = EXCLUDED."suspendedAt", "suspendedWhy" = EXCLUDED."suspendedWhy"
        WHERE t."suspendedAt" IS NULL
      RETURNING t."shop", t."generation"
    )
    INSERT INTO "TokenEvent" ("shop", "at", "kind", "generation", "code")
    SELECT "shop", ${now}::timestamptz, 'suspended', "generation", ${reason} FROM marked`;
}

/** Lifts the mark after a call of the shop succeeded. */
export async function clearSuspended(ctx: TokenContext, shop: string): Promise<void> {
  const now = new Date(ctx.now()).toISOString();
  await ctx.prisma.$executeRaw`
    WITH lifted AS (
      UPDATE "ShopToken" SET "suspendedAt" = NULL, "suspendedWhy" = NULL
      WHERE "shop" = ${shop} AND "suspendedAt" IS NOT NULL
      RETURNING "shop", "generation"
    )
    INSERT INTO "TokenEvent" ("shop", "at", "kind", "generation")
    SELECT "shop", ${now}::timestamptz, 'resumed', "generation" FROM lifted`;
}
