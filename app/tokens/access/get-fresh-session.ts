import type { Session } from "@shopify/shopify-api";
import { singleFlight } from "../renew/single-flight.ts";
import type { TokenContext } from "../context.ts";
import {
  IncompletePairError,
  InvalidIdTokenError,
  ReauthorizationRequiredError,
  StorageUnfitError,
  TransientError,
} from "../errors.ts";
import { nextStep } from "../renew/next-step.ts";
import { readSession } from "../records/read-session.ts";
import { readSessionWithState } from "../records/shop-state.ts";
import { renewSession, type RenewOptions } from "../renew/renew-session.ts";
import { accessTokenLives, tokenStatus } from "../records/token-status.ts";

/**
 * The front door: a usable session of a shop, refresh token included (the folder's edge takes it away). A fresh one costs
 * exactly one query. Everything else goes through the lease.
 * @throws see `Tokens.getSession`.
 */
export async function getSession(
  ctx: TokenContext,
  shop: string,
  { withState = false, ...options }: { idToken?: string; withState?: boolean } = {},
): Promise<Session> {
  const session = await (withState ? readSessionWithState(ctx, shop) : readSession(ctx, shop));
  const status = tokenStatus(session, ctx.now(), ctx.isExempt);
  const { step } = nextStep(status, {
    phase: ctx.phase,
    idToken: options.idToken !== undefined,
    replace: false,
    chainIsDead: false,
  });
  // A pair of the emergency record is newer than what is stored.
  if (step === "use" && !(await isUnstored(ctx, shop))) return session!;
  // Nothing to try and nothing to record: no lease, and no row for an unknown shop.
  if (step === "reauthorize" && (status.status !== "dead" || session?.refused))
    throw new ReauthorizationRequiredError(shop, status.reason);
  const canFallBack = (step === "refresh" || step === "use") && accessTokenLives(session, ctx.now());
  try {
    return await renewOnce(ctx, shop, { ...options, impatient: canFallBack });
  } catch (error) {
    if (isPassing(error) && canFallBack) {
      ctx.log.warn({ shop, reason: error.reason }, "could not refresh; the access token still lives");
      return session!;
    }
    throw error;
  }
}

/**
 * `renewSession`, shared by the callers of this process that want the same. A caller with an ID token of its own is not failed by
 * another request's.
 */
export async function renewOnce(ctx: TokenContext, shop: string, options: RenewOptions): Promise<Session> {
  const key = [shop, options.idToken ? "id" : "", options.replace ?? "", options.acquire ? "acquire" : ""].join("|");
  const flight = singleFlight(ctx, key, () => renewSession(ctx, shop, options));
  try {
    return await flight.result;
  } catch (error) {
    if (!flight.shared || !(error instanceof InvalidIdTokenError)) throw error;
    return renewSession(ctx, shop, options);
  }
}

/**
 * Refreshes a pair although it is fresh. What is to be replaced is read within the shared run: a caller that came with the others must
 * not find their new pair and have it replaced again.
 */
export function refreshOnce(ctx: TokenContext, shop: string): Promise<Session> {
  return singleFlight(ctx, `${shop}|refresh`, async () => {
    const session = await readSession(ctx, shop);
    const isPair = session?.accessToken !== undefined && session.refreshToken !== undefined;
    return isPair ? renewOnce(ctx, shop, { replace: session.accessToken }) : getSession(ctx, shop);
  }).result;
}

/** What this process knows; costs nothing. */
async function isUnstored({ storage }: TokenContext, shop: string): Promise<boolean> {
  return storage.unstored !== undefined && (await storage.unstored.shops).has(shop);
}

function isPassing(error: unknown): error is TransientError | IncompletePairError | StorageUnfitError {
  return error instanceof TransientError || error instanceof IncompletePairError || error instanceof StorageUnfitError;
}
