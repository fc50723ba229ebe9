import sql, { raw, type Sql } from "sql-template-tag";
import type { TokenContext } from "../context.ts";
import { LeaseLostError } from "../errors.ts";
import type { Lease } from "./lease.ts";
import { tokenFingerprint } from "../records/permanent-token.ts";

const STORED_FINGERPRINT = raw(tokenFingerprint('"Session"'));

/** Adds what the rows of `marked` met to their history. */
const noteEvent = (kind: string, at: string, code: string | null = null): Sql => sql`
    INSERT INTO expand_contract."TokenEvent" ("shop", "at", "kind", "generation", "code")
    SELECT "shop", ${at}::timestamptz, ${kind}, "generation", ${code} FROM marked
    RETURNING "shop"`;

/**
 * Records Shopify's final answer about a shop's credential: only the merchant's next visit can give a pair. Conditional on the lease,
 * so that a refusal of an old token marks no shop that has a newer one; and the mark names the credential that was refused, so that
 * one stored later, by any release, is tried. The token itself is kept; its expiry is set to now, for releases and libraries that
 * do not read the mark.
 * @throws LeaseLostError when the shop has a newer pair, or another holder.
 */
export async function markNeedsReauth(ctx: TokenContext, lease: Lease, reason: string): Promise<void> {
  const now = new Date(ctx.now()).toISOString();
  const marked = await ctx.db.query<{ shop: string }[]>(sql`
    WITH marked AS (
      UPDATE expand_contract."ShopToken" SET "needsReauthAt" = ${now}::timestamptz, "needsReauthWhy" = ${reason},
        "needsReauthToken" = ${lease.session?.fingerprint ?? null}::text
      WHERE "shop" = ${lease.shop} AND "leaseOwner" = ${lease.owner} AND "generation" = ${lease.generation}
      RETURNING "shop", "generation", "needsReauthToken"
    ), ended AS (
      UPDATE "Session" SET "expires" = LEAST("expires", ${ctx.sessions.stored("expires", sql`${now}::timestamptz`)})
      FROM marked WHERE "Session"."id" = ${ctx.api.session.getOfflineId(lease.shop)}
        AND ${STORED_FINGERPRINT} = marked."needsReauthToken"
    )
    ${noteEvent("needs_reauth", now, reason)}`);
  if (marked.length === 0) throw new LeaseLostError(lease.shop);
  ctx.metrics.needsReauth.inc({ reason });
  ctx.log.warn({ shop: lease.shop, reason }, "the shop must be opened by its merchant again");
}

/**
 * Records that the token endpoint would not exchange a permanent token which the Admin API takes: another app's, as a rule. It stays
 * in use, and is not offered for exchange at every turn.
 * @throws LeaseLostError when the shop has a newer pair, or another holder.
 */
export async function markNotExchangeable(ctx: TokenContext, lease: Lease): Promise<void> {
  const now = new Date(ctx.now()).toISOString();
  const marked = await ctx.db.query<{ shop: string }[]>(sql`
    WITH marked AS (
      UPDATE expand_contract."ShopToken" SET "notExchangeableAt" = now(), "notExchangeableToken" = ${lease.session?.fingerprint ?? null}::text
      WHERE "shop" = ${lease.shop} AND "leaseOwner" = ${lease.owner} AND "generation" = ${lease.generation}
      RETURNING "shop", "generation"
    )
    ${noteEvent("not_exchangeable", now)}`);
  if (marked.length === 0) throw new LeaseLostError(lease.shop);
  ctx.log.warn({ shop: lease.shop }, "Shopify accepts this permanent token but does not exchange it");
}

/** Records that a shop is frozen, locked or closed for now. Not a write of the token, so it needs no lease. */
export async function markSuspended(ctx: TokenContext, shop: string, reason: string): Promise<void> {
  const now = new Date(ctx.now()).toISOString();
  await ctx.db.execute(sql`
    WITH marked AS (
      INSERT INTO expand_contract."ShopToken" AS t ("shop", "suspendedAt", "suspendedWhy") VALUES (${shop}, ${now}::timestamptz, ${reason})
      ON CONFLICT ("shop") DO UPDATE SET "suspendedAt" = EXCLUDED."suspendedAt", "suspendedWhy" = EXCLUDED."suspendedWhy"
        WHERE t."suspendedAt" IS NULL
      RETURNING t."shop", t."generation"
    )
    ${noteEvent("suspended", now, reason)}`);
}

/** Lifts the mark after a call of the shop succeeded. */
export async function clearSuspended(ctx: TokenContext, shop: string): Promise<void> {
  const now = new Date(ctx.now()).toISOString();
  await ctx.db.execute(sql`
    WITH marked AS (
      UPDATE expand_contract."ShopToken" SET "suspendedAt" = NULL, "suspendedWhy" = NULL
      WHERE "shop" = ${shop} AND "suspendedAt" IS NOT NULL
      RETURNING "shop", "generation"
    )
    ${noteEvent("resumed", now)}`);
}
