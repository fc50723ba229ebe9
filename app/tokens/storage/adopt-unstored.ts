import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { adoptPair } from "../renew/adopt-pair.ts";
import type { AskOptions } from "../renew/ask-for-pair.ts";
import { withLease, type Lease } from "../renew/lease.ts";
import { storePair } from "../renew/store-pair.ts";
import { findUnstored, forgetUnstored } from "./unstored-pairs.ts";
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

/** How long the lease of a shop is waited for that is held elsewhere: the pair is looked at again the next time. */
const LEASE_PATIENCE_MS = 500;

/** The same for a shop whose lease is not held yet. */
export async function adoptUnstoredUnderLease(ctx: TokenContext, shop: string): Promise<Session | undefined> {
  const options = { impatient: true, waitMs: LEASE_PATIENCE_MS };
  return withLease(ctx, shop, options, (lease) => adoptUnstored(ctx, lease));
}

/** Of a pair that came from elsewhere than the lease. */
export const UNKNOWN_GENERATION = -1;
