import type { Session } from "@shopify/shopify-api";
import { askForPair, type AskOptions } from "./ask-for-pair.ts";
import type { TokenContext } from "../context.ts";
import { TransientError } from "../errors.ts";
import type { Lease } from "./lease.ts";
import { isPermanentToken } from "../records/permanent-token.ts";
import { probeToken } from "../shopify/probe-token.ts";
import { storePair } from "./store-pair.ts";
import { accessTokenLives } from "../records/token-status.ts";

/** More than elsewhere: the pair exists in this process only. */
const RETRIES = 5;

/**
 * Decides what becomes of a pair that Shopify issued and that could not be written at once: its holder had lost the lease, or a
 * library brought it from nowhere. It may be older or newer than the stored one, and no clock can tell. So Shopify is asked: the
 * stored chain is refreshed; only if that is refused for good, the new one's. Whatever comes back is newer than both.
 * @returns the pair that was stored, or undefined when neither lives or it is stored already.
 * @throws TransientError while Shopify cannot say.
 */
export async function adoptPair(
  ctx: TokenContext,
  lease: Lease,
  stored: Session | undefined,
  pair: Session,
  options: AskOptions,
): Promise<Session | undefined> {
  if (stored?.accessToken === pair.accessToken) return undefined;
  if (!pair.refreshToken) return adoptPermanent(ctx, lease, stored, pair);

  for (const refreshToken of [stored?.refreshToken, pair.refreshToken]) {
    if (!refreshToken) continue;
    const answer = await askForPair(ctx, lease, { grant: "refresh", refreshToken }, { ...options, retries: RETRIES });
    if (answer.kind === "pair") {
      // The scope that came with the acquisition is the merchant's latest word.
      answer.session.scope ??= pair.scope;
      const how = refreshToken === pair.refreshToken ? "acquired" : "refreshed";
      const adopted = await storePair(ctx, lease, answer.session, how);
      if (options.trace) options.trace.stored = how;
      return adopted;
    }
    if (answer.kind === "incomplete") throw new TransientError(lease.shop, "pair_not_adopted", { cause: answer.error });
    const { verdict, cause, afterLostAnswer } = answer;
    if (verdict.kind === "final" && !afterLostAnswer) continue;
    const retryAfterMs = verdict.kind === "transient" ? verdict.retryAfterMs : undefined;
    throw new TransientError(lease.shop, "pair_not_adopted", { cause, retryAfterMs });
  }
  return undefined;
}

/** A permanent token has no chain to ask; it is stored only where nothing else lives and the Admin API takes it. */
async function adoptPermanent(
  ctx: TokenContext,
  lease: Lease,
  stored: Session | undefined,
  pair: Session,
): Promise<Session | undefined> {
  if (!isPermanentToken(pair) || accessTokenLives(stored, ctx.now()) || stored?.refreshToken) return undefined;
  await lease.extendLease();
  const { kind } = await probeToken(ctx, pair);
  return kind === "accepted" ? storePair(ctx, lease, pair, "acquired") : undefined;
}
