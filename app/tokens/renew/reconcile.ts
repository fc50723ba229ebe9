import { Prisma } from "@prisma/client";
import type { TokenContext } from "../context.ts";
import { getSession, renewOnce } from "../access/get-session.ts";
import { withLease } from "./lease.ts";
import { probeToken } from "../shopify/probe-token.ts";
import { isRefusedForGood } from "../records/permanent-token.ts";
import { readSession } from "../records/read-session.ts";

const REFUSED = Prisma.raw(isRefusedForGood("s", "t"));

/**
 * Shops whose last holder of the lease never gave it back, or gave up on a call whose answer did not come: a lease that ran out is
 * the record of an unknown outcome. Shopify may have replaced what is stored, and keeps the old token usable for a while only: 7
 * days for a permanent token, 30 for a refresh token (changelogs 2026-09-29 and 2026-08-28). Whoever asks again within that time
 * loses nothing, so these shops are asked for soon, whether or not a merchant comes by.
 */
export async function findShopsToReconcile(ctx: TokenContext, limit: number): Promise<string[]> {
  const rows = await ctx.prisma.$queryRaw<{ shop: string }[]>`
    SELECT t."shop" FROM "ShopToken" t JOIN "Session" s ON s."id" = 'offline_' || t."shop" AND NOT s."isOnline"
    WHERE t."leaseOwner" IS NOT NULL AND t."leaseExpiresAt" < clock_timestamp() AND NOT ${REFUSED}
      AND (s."accessToken" <> '' OR s."refreshToken" IS NOT NULL)
    ORDER BY t."leaseExpiresAt" LIMIT ${limit}`;
  return rows.map((row) => row.shop);
}

/**
 * Settles such a shop: a chain is refreshed with the stored token, a permanent token is probed and, if Shopify does not know it any
 * more, migrated again with the same token.
 * @throws see `Tokens.getSession`.
 */
export async function reconcile(ctx: TokenContext, shop: string): Promise<void> {
  const session = await readSession(ctx, shop);
  if (session?.accessToken && session.refreshToken) {
    await renewOnce(ctx, shop, { replace: session.accessToken });
    return;
  }
  if (session?.accessToken) {
    const { kind } = await probeToken(ctx, session);
    if (kind === "unauthorized" || kind === "permanent_refused") {
      await renewOnce(ctx, shop, { replace: session.accessToken });
      return;
    }
    if (kind === "transient" || kind === "not_found") return;
  }
  await getSession(ctx, shop);
  // Taken and given back: nothing is in doubt any more.
  await withLease(ctx, shop, { impatient: true }, () => Promise.resolve());
}
