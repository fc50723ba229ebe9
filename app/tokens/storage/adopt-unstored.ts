import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { describeError } from "../errors.ts";
import { adoptPair } from "../renew/adopt-pair.ts";
import type { AskOptions } from "../renew/ask-for-pair.ts";
import { withLease, type Lease } from "../renew/lease.ts";
import { storePair } from "../renew/store-pair.ts";
import { findUnstored, forgetUnstored, shopsWithUnstored } from "./unstored-pairs.ts";
import { withProvenStorage } from "./with-proven-storage.ts";

/**
 * Stores the pair that the emergency record holds for a shop, if there is one and it is the latest: nothing was stored since it was
 * issued. Of a row that another program has changed meanwhile Shopify says which chain lives. What was superseded is deleted.
 * @returns the session that was stored, or undefined when the record changes nothing.
 * @throws StorageUnfitError while it still cannot be stored: the record stays.
 */
export async function adoptUnstored(
  ctx: TokenContext,
  lease: Lease,
  options: AskOptions = {},
): Promise<Session | undefined> {
  const pairs = await findUnstored(ctx, lease.shop);
  const latest = pairs.at(-1);
  if (!latest) return undefined;
  const isLatest = latest.generation === lease.generation || latest.generation === UNKNOWN_GENERATION;
  const isRowUnchanged =
    latest.generation === lease.generation && (lease.session?.fingerprint ?? null) === latest.fingerprint;
  let stored: Session | undefined;
  if (isLatest) {
    stored = await withProvenStorage(ctx, lease, async () =>
      isRowUnchanged
        ? storePair(ctx, lease, latest.session, latest.how, { isRecorded: true })
        : adoptPair(ctx, lease, lease.session, latest.session, options),
    );
    if (stored && options.trace) options.trace.stored ??= latest.how;
    ctx.log.info({ shop: lease.shop, adopted: stored !== undefined }, "a pair of the emergency record was looked at");
  }
  await forgetUnstored(ctx, pairs);
  return stored;
}

/** A shop whose lease is taken is looked at again the next time. */
const LEASE_PATIENCE_MS = 500;

/** The same for a shop whose lease is not held yet. */
export async function adoptUnderLease(ctx: TokenContext, shop: string): Promise<Session | undefined> {
  const options = { impatient: true, waitMs: LEASE_PATIENCE_MS };
  return withLease(ctx, shop, options, (lease) => adoptUnstored(ctx, lease));
}

/**
 * Adopts the pair of one shop, when something is about to be decided about it. Never throws.
 * @returns whether a pair was stored.
 */
export async function adoptUnstoredOf(ctx: TokenContext, shop: string): Promise<boolean> {
  if (!(await shopsWithUnstored(ctx)).has(shop)) return false;
  try {
    return (await adoptUnderLease(ctx, shop)) !== undefined;
  } catch (error) {
    ctx.log.warn({ shop, ...describeError(error) }, "a pair of the emergency record cannot be stored yet");
    return false;
  }
}

/**
 * Adopts every pair of the emergency record that can be stored by now. One shop that cannot does not keep back the others.
 * @returns how many were stored.
 */
export async function adoptAllUnstored(ctx: TokenContext): Promise<number> {
  ctx.storage.unstored = undefined;
  let adopted = 0;
  for (const shop of await shopsWithUnstored(ctx)) if (await adoptUnstoredOf(ctx, shop)) adopted++;
  return adopted;
}

/** Of a pair that came from elsewhere than the lease. */
export const UNKNOWN_GENERATION = -1;
