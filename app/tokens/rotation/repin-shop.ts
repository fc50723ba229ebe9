import type { TokenCallGate } from "../answer.ts";
import type { TokenContext } from "../context.ts";
import {
  ConfigurationError,
  ReauthorizationRequiredError,
  StorageUnfitError,
  SuspendedError,
  TokenError,
} from "../errors.ts";
import { readSession } from "../records/read-session.ts";
import { renewSession } from "../renew/renew-session.ts";
import { isPinned } from "./pinned-chains.ts";
import type { RepinOutcome } from "./types.ts";

/** The pair after a lost answer may be the one that an earlier secret made: the next refresh tells. */
const MOST_REFRESHES = 2;
/** Another holder of the lease is renewing the shop anyway. */
const LEASE_WAIT_MS = 2_000;

/**
 * Refreshes one shop's chain so that the current client secret has made it; nothing when it has. Safe to repeat and beside any traffic: what is
 * to be replaced is named, and a pair that came meanwhile is left alone.
 * @throws ConfigurationError, StorageUnfitError: no other shop would fare better. Errors of the database, and what a gate throws, as they are.
 */
export async function repinShop(
  ctx: TokenContext,
  shop: string,
  options: { gate?: TokenCallGate; signal?: AbortSignal } = {},
): Promise<RepinOutcome> {
  let refreshes = 0;
  try {
    for (; refreshes < MOST_REFRESHES; refreshes++) {
      // Read before it is judged: what another caller stores in between is not what is named below, and is left alone.
      const session = await readSession(ctx, shop);
      if (!session?.accessToken || !(await isPinned(ctx, shop))) break;
      await renewSession(ctx, shop, {
        ...options,
        replace: session.accessToken,
        retries: 0,
        impatient: true,
        leaseWaitMs: LEASE_WAIT_MS,
      });
    }
  } catch (error) {
    if (!(error instanceof TokenError) || error instanceof ConfigurationError || error instanceof StorageUnfitError)
      throw error;
    const said = { shop, code: error.reason };
    if (error instanceof ReauthorizationRequiredError) return { ...said, outcome: "needs_reauthorization" };
    return { ...said, outcome: error instanceof SuspendedError ? "suspended" : "failed" };
  }
  const outcome = refreshes > 0 ? "refreshed" : "current";
  return { shop, outcome, code: outcome };
}
