import sql, { raw } from "sql-template-tag";
import type { TokenContext } from "../context.ts";
import { getSession, renewOnce } from "../access/get-fresh-session.ts";
import { LOST_WITH_LEASE, withLease } from "./lease.ts";
import { probeToken } from "../shopify/probe-token.ts";
import { isRefusedForGood } from "../records/permanent-token.ts";
import { readSession } from "../records/read-session.ts";
import { SHOP_DOMAIN } from "../records/shop-name.ts";

const LOST = raw(LOST_WITH_LEASE);

/** A shop that could not be asked is asked again after this, doubling up to the longest: well within the seven days. */
const FIRST_PAUSE_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 6 * 60 * 60_000;

const REFUSED = raw(isRefusedForGood("s", "t"));

/**
 * Shops whose last holder of the lease never gave it back, or gave up on a call whose answer did not come: a lease that ran out, or a
 * lost answer on record, is an unknown outcome. Shopify may have replaced what is stored, and keeps the old token usable for a while only: 7
 * days for a permanent token, 30 for a refresh token (changelogs 2026-09-29 and 2026-08-28). Asking again within that time
 * loses nothing, so these shops are asked for soon, whether or not a merchant comes by. A shop that could not be asked steps back
 * behind the others.
 */
export async function findShopsToReconcile(ctx: TokenContext, limit: number): Promise<string[]> {
  const rows = await ctx.db.query<{ shop: string }[]>(sql`
    SELECT t."shop" FROM expand_contract."ShopToken" t JOIN "Session" s ON s."id" = 'offline_' || t."shop" AND NOT s."isOnline"
    WHERE ((t."leaseOwner" IS NOT NULL AND t."leaseExpiresAt" < clock_timestamp())
        OR (t."answerLostAt" IS NOT NULL AND (t."leaseExpiresAt" IS NULL OR t."leaseExpiresAt" < clock_timestamp())))
      AND (t."reconcileAt" IS NULL OR t."reconcileAt" < clock_timestamp())
      AND t."shop" ~ ${SHOP_DOMAIN} AND NOT ${REFUSED} AND (s."accessToken" <> '' OR s."refreshToken" IS NOT NULL)
    ORDER BY COALESCE(t."reconcileAt", t."leaseExpiresAt", t."answerLostAt") LIMIT ${limit}`);
  return rows.map((row) => row.shop);
}

/**
 * Reconciles such a shop: a chain is refreshed with the stored token, a permanent token is probed and, if Shopify does not know it any
 * more, migrated again with the same token.
 * @throws see `Tokens.getSession`.
 */
export async function reconcile(ctx: TokenContext, shop: string): Promise<void> {
  const lostAt = await noteTry(ctx, shop);
  if (await isFoundOut(ctx, shop)) await closeCase(ctx, shop, lostAt);
}

/** @returns false while Shopify cannot say. */
async function isFoundOut(ctx: TokenContext, shop: string): Promise<boolean> {
  const session = await readSession(ctx, shop);
  if (session?.accessToken && session.refreshToken) {
    await renewOnce(ctx, shop, { replace: session.accessToken });
    return true;
  }
  if (session?.accessToken) {
    const { kind } = await probeToken(ctx, session);
    if (kind === "unauthorized" || kind === "permanent_refused") {
      await renewOnce(ctx, shop, { replace: session.accessToken });
      return true;
    }
    if (kind === "transient" || kind === "not_found") return false;
  }
  await getSession(ctx, shop);
  // Taken and given back: the outcome is known by now.
  await withLease(ctx, shop, { impatient: true }, () => Promise.resolve());
  return true;
}

/**
 * Before anything else, so that a shop at which this process fails, or dies, steps back too.
 * @returns when an answer was lost, to the microsecond, as text.
 */
async function noteTry(ctx: TokenContext, shop: string): Promise<string | null> {
  const [row] = await ctx.db.query<{ lostAt: string | null }[]>(sql`
    UPDATE expand_contract."ShopToken" t SET
      "answerLostAt" = CASE WHEN t."leaseExpiresAt" < clock_timestamp() THEN ${LOST} ELSE t."answerLostAt" END,
      "reconcileAt" = clock_timestamp()
        + LEAST(${FIRST_PAUSE_MS} * 2 ^ LEAST("reconcileTries", 20), ${LONGEST_PAUSE_MS}) * interval '1 millisecond',
      "reconcileTries" = "reconcileTries" + 1
    WHERE "shop" = ${shop} RETURNING "answerLostAt"::text AS "lostAt"`);
  return row?.lostAt ?? null;
}

/** An answer that was lost meanwhile is another case. */
async function closeCase(ctx: TokenContext, shop: string, lostAt: string | null): Promise<void> {
  await ctx.db.execute(sql`
    UPDATE expand_contract."ShopToken" SET "answerLostAt" = NULL, "reconcileAt" = NULL, "reconcileTries" = 0
    WHERE "shop" = ${shop} AND ("answerLostAt" IS NULL OR "answerLostAt" = ${lostAt}::timestamptz)`);
}
