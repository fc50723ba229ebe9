import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { ReauthorizationRequiredError, SuspendedError, TokenError, TransientError } from "../errors.ts";
import { withLease } from "../renew/lease.ts";
import { probeToken } from "../shopify/probe-token.ts";
import { lastIssuedAt, readLife } from "../records/read-life.ts";
import { readSession } from "../records/read-session.ts";
import { renewSession } from "../renew/renew-session.ts";
import { CLOCK_DOUBT_MS } from "../renew/timing.ts";
import { accessTokenLives } from "../records/token-status.ts";

const MAX_RACES = 5;

export interface Forgotten {
  forgotten: boolean;
  reason: string;
}

/**
 * `app/uninstalled`: forgets a shop's sessions, offline and online. Shopify ends every token before it sends the webhook, but the
 * webhook may be late or repeated: a shop that was installed again since keeps its tokens. Which came first is judged by time
 * where it is clear, and by asking Shopify where it is not. Needs no living token; the deletion needs no lease: it is
 * conditional on the generation, and raises it, so that a pair still on its way to the database has to prove itself.
 * @param at when Shopify says that it happened (`X-Shopify-Triggered-At`).
 */
export async function recordUninstalled(ctx: TokenContext, shop: string, at: Date): Promise<Forgotten> {
  for (let race = 0; race < MAX_RACES; race++) {
    const life = await readLife(ctx, shop);
    const issuedAt = lastIssuedAt(life);
    if (issuedAt !== undefined && (await isInstalledSince(ctx, shop, at.getTime(), issuedAt))) {
      ctx.log.info({ shop }, "a late uninstall webhook was ignored: the shop is installed again");
      return { forgotten: false, reason: "reinstalled_since" };
    }
    if (await forgetSessions(ctx, shop, life.generation, at)) return { forgotten: true, reason: "uninstalled" };
  }
  return { forgotten: false, reason: "reinstalled_since" };
}

/**
 * `shop/redact`, 48 hours after an uninstall: nothing about the shop remains, unless it was installed again. The webhook does not
 * say which uninstall it is about, so of a shop that still has a session Shopify is asked, never a clock. The lease is held
 * meanwhile: its row goes as well, and must not go from under somebody who is at work.
 * @throws TransientError while Shopify cannot say, or the lease stays busy: the webhook is delivered again.
 */
export async function recordRedacted(ctx: TokenContext, shop: string): Promise<Forgotten> {
  const session = await readSession(ctx, shop);
  if (session && (await isInstalled(ctx, session))) return { forgotten: false, reason: "reinstalled_since" };
  return withLease(ctx, shop, {}, async (lease) => {
    if (lease.session && lease.session.accessToken !== session?.accessToken)
      return { forgotten: false, reason: "reinstalled_since" };
    const [row] = await ctx.prisma.$queryRaw<[{ gone: boolean }]>`
      WITH gone AS (DELETE FROM "ShopToken" WHERE "shop" = ${shop} AND "leaseOwner" = ${lease.owner} RETURNING "shop"),
           history AS (DELETE FROM "TokenEvent" USING gone WHERE "TokenEvent"."shop" = gone."shop"),
           sessions AS (DELETE FROM "Session" USING gone WHERE "Session"."shop" = gone."shop")
      SELECT EXISTS (SELECT FROM gone) AS "gone"`;
    if (!row.gone) throw new TransientError(shop, "lease_busy");
    lease.released = true;
    return { forgotten: true, reason: "redacted" };
  });
}

/** Judged by time where it is clear; else Shopify knows. */
async function isInstalledSince(ctx: TokenContext, shop: string, at: number, issuedAt: number): Promise<boolean> {
  if (issuedAt > at + CLOCK_DOUBT_MS) return true;
  if (issuedAt < at - CLOCK_DOUBT_MS) return false;
  const session = await readSession(ctx, shop);
  if (!session) return false;
  try {
    return await isInstalled(ctx, session);
  } catch (error) {
    if (error instanceof TokenError) return issuedAt > at;
    throw error;
  }
}

/**
 * Asks Shopify: of an app that is not installed no token works and no chain lives.
 * @throws TokenError while Shopify cannot say.
 */
async function isInstalled(ctx: TokenContext, session: Session): Promise<boolean> {
  if (accessTokenLives(session, ctx.now())) {
    const { kind } = await probeToken(ctx, session);
    if (kind === "accepted" || kind === "refused" || kind === "suspended") return true;
  }
  try {
    await renewSession(ctx, session.shop, { replace: session.accessToken, retries: 0, impatient: true });
    return true;
  } catch (error) {
    if (error instanceof ReauthorizationRequiredError) return false;
    if (error instanceof SuspendedError) return true;
    throw error;
  }
}

/** @returns false when a pair was stored since the generation was read. */
async function forgetSessions(ctx: TokenContext, shop: string, generation: number, at: Date): Promise<boolean> {
  const now = new Date(ctx.now()).toISOString();
  const ended = await ctx.prisma.$queryRaw<{ shop: string }[]>`
    WITH ended AS (
      INSERT INTO "ShopToken" AS t ("shop", "generation", "uninstalledAt") VALUES (${shop}, 1, ${at.toISOString()}::timestamptz)
      ON CONFLICT ("shop") DO UPDATE SET
        "generation" = t."generation" + 1,
        "uninstalledAt" = EXCLUDED."uninstalledAt",
        "needsReauthAt" = NULL, "needsReauthWhy" = NULL,
        "suspendedAt" = NULL, "suspendedWhy" = NULL
        WHERE t."generation" = ${generation}
      RETURNING t."shop", t."generation"
    ), forgotten AS (
      DELETE FROM "Session" USING ended WHERE "Session"."shop" = ended."shop"
    )
    INSERT INTO "TokenEvent" ("shop", "at", "kind", "generation")
    SELECT "shop", ${now}::timestamptz, 'uninstalled', "generation" FROM ended
    RETURNING "shop"`;
  return ended.length > 0;
}
