import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { describeError, IncompletePairError, LeaseLostError, PermanentTokenRefusedError } from "../errors.ts";
import type { Lease } from "./lease.ts";
import { readSession } from "../records/read-session.ts";
import type { HowStored } from "../types.ts";

/** Pauses between attempts to write a pair that Shopify has issued: it exists nowhere else. */
const WRITE_RETRY_PAUSES_MS = [50, 250, 1_000, 2_000];

/**
 * Refuses what must never be stored: half a pair, and, once nobody asks for permanent tokens any more, a permanent token.
 * @throws IncompletePairError, PermanentTokenRefusedError.
 */
export function requireStorable(ctx: TokenContext, session: Session): void {
  const { shop } = session;
  if (!session.accessToken) throw new IncompletePairError(shop, "access_token");
  if (!session.expires && !session.refreshToken) {
    if (ctx.isExempt || session.isOnline || ctx.phase === "legacy") return;
    if (ctx.phase === "contract") {
      ctx.metrics.permanentTokensRefused.inc();
      ctx.log.error({ shop }, "regression: a permanent token was about to be stored in the contract phase");
      throw new PermanentTokenRefusedError(shop);
    }
  }
  if (!session.expires) throw new IncompletePairError(shop, "expires_in");
  // The library leaves the refresh token out when either of the two fields is missing.
  if (!session.refreshToken || !session.refreshTokenExpires) throw new IncompletePairError(shop, "refresh_token");
}

/**
 * Stores what Shopify issued under a lease, and gives the lease back: one statement, everything or nothing. It writes only while
 * the lease is still this holder's and the generation is the one it read; the shop's marks are lifted with it.
 * @returns the session as stored.
 * @throws IncompletePairError, PermanentTokenRefusedError; LeaseLostError with the pair when somebody else wrote meanwhile.
 */
export async function storePair(ctx: TokenContext, lease: Lease, session: Session, how: HowStored): Promise<Session> {
  requireStorable(ctx, session);
  const stored = (await writeUntilAnswered(ctx, lease, session, how)) || (await isStoredAlready(ctx, session));
  if (!stored) {
    ctx.metrics.staleWrites.inc({ source: how });
    throw new LeaseLostError(lease.shop, session);
  }
  lease.released = true;
  ctx.metrics.pairsStored.inc({ how });
  ctx.log.info({ shop: lease.shop, how, generation: lease.generation + 1 }, "token stored");
  // Not awaited: whoever asked for the token should not wait for what follows from it.
  void Promise.resolve()
    .then(() => ctx.onPairStored(lease.shop, how))
    .catch((error: unknown) =>
      ctx.log.error({ shop: lease.shop, ...describeError(error) }, "the hook for a stored pair failed"),
    );
  return session;
}

async function writeUntilAnswered(ctx: TokenContext, lease: Lease, session: Session, how: HowStored): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await writePair(ctx, lease, session, how);
    } catch (error) {
      const pauseMs = WRITE_RETRY_PAUSES_MS[attempt];
      if (pauseMs === undefined) throw error;
      ctx.log.warn({ shop: lease.shop, ...describeError(error) }, "a pair could not be written; trying again");
      await sleep(pauseMs);
    }
  }
}

/** A write whose answer was lost looks like a lost lease at the second try; the row tells them apart. */
async function isStoredAlready(ctx: TokenContext, session: Session): Promise<boolean> {
  const current = await readSession(ctx, session.shop);
  return current?.accessToken === session.accessToken && current?.refreshToken === session.refreshToken;
}

async function writePair(ctx: TokenContext, lease: Lease, session: Session, how: HowStored): Promise<boolean> {
  const now = new Date(ctx.now()).toISOString();
  const kind = session.refreshToken ? how : `${how}_permanent`;
  const written = await ctx.prisma.$queryRaw<{ generation: number }[]>`
    WITH won AS (
      UPDATE "ShopToken" SET
        "generation" = "generation" + 1,
        "leaseOwner" = NULL, "leaseExpiresAt" = NULL,
        "needsReauthAt" = NULL, "needsReauthWhy" = NULL, "needsReauthToken" = NULL,
        "notExchangeableAt" = NULL, "notExchangeableToken" = NULL,
        "suspendedAt" = NULL, "suspendedWhy" = NULL,
        "uninstalledAt" = NULL,
        "answerLostAt" = NULL, "reconcileAt" = NULL, "reconcileTries" = 0,
        "acquiredAt"  = CASE WHEN ${how}::text = 'acquired'  THEN ${now}::timestamptz ELSE "acquiredAt"  END,
        "migratedAt"  = CASE WHEN ${how}::text = 'migrated'  THEN ${now}::timestamptz ELSE "migratedAt"  END,
        "refreshedAt" = CASE WHEN ${how}::text = 'refreshed' THEN ${now}::timestamptz ELSE "refreshedAt" END
      WHERE "shop" = ${lease.shop} AND "leaseOwner" = ${lease.owner} AND "generation" = ${lease.generation}
      RETURNING "generation"
    ), stored AS (
      INSERT INTO "Session" AS s
        ("id", "shop", "state", "isOnline", "scope", "accessToken", "expires", "refreshToken", "refreshTokenExpires")
      SELECT ${ctx.api.session.getOfflineId(lease.shop)}, ${lease.shop}, ${session.state ?? ""}, false, ${session.scope ?? null}::text, ${session.accessToken},
        ${iso(session.expires)}::timestamptz AT TIME ZONE 'UTC',
        ${session.refreshToken ?? null}::text,
        ${iso(session.refreshTokenExpires)}::timestamptz AT TIME ZONE 'UTC'
      FROM won
      ON CONFLICT ("id") DO UPDATE SET
        "state" = EXCLUDED."state",
        "scope" = COALESCE(EXCLUDED."scope", s."scope"),
        "accessToken" = EXCLUDED."accessToken",
        "expires" = EXCLUDED."expires",
        "refreshToken" = EXCLUDED."refreshToken",
        "refreshTokenExpires" = EXCLUDED."refreshTokenExpires"
    )
, counted AS (
      UPDATE "TokenEvent" e SET "at" = ${now}::timestamptz, "since" = COALESCE(e."since", e."at"), "count" = e."count" + 1,
        "generation" = won."generation"
      FROM won
      WHERE ${kind}::text = 'refreshed' AND e."kind" = 'refreshed'
        AND e."id" = (SELECT "id" FROM "TokenEvent" WHERE "shop" = ${lease.shop} ORDER BY "id" DESC LIMIT 1)
      RETURNING e."id"
    ), noted AS (
      INSERT INTO "TokenEvent" ("shop", "at", "kind", "generation")
      SELECT ${lease.shop}, ${now}::timestamptz, ${kind}, "generation" FROM won WHERE NOT EXISTS (SELECT FROM counted)
    )
    SELECT "generation" FROM won`;
  return written.length > 0;
}

function iso(date: Date | undefined): string | null {
  return date ? date.toISOString() : null;
}
