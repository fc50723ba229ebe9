import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { LeaseLostError, ReauthorizationRequiredError } from "../errors.ts";
import { type Lease, withLease } from "../renew/lease.ts";
import { renewUnderLease, renewSession } from "../renew/renew-session.ts";
import { runWithGrant } from "./request-context.ts";
import { tokenStatus } from "../records/token-status.ts";
import { withProvenStorage } from "../storage/with-proven-storage.ts";
import type { StoredChain } from "../types.ts";

/**
 * Holds a shop's lease while the library handles `/auth/callback`: it exchanges the code and stores the session, and that write
 * happens under this lease. The lease ends with the write; what the library does afterwards needs none.
 *
 * With `stored`, a chain that lives is renewed instead, and the code stays unused. A code is good for one call: were its answer lost
 * over a living pair, Shopify would have retired that pair, and the new one could not be asked for again. A refresh, and the
 * migration of a permanent token, can be repeated.
 * @param shop sanitized, and proven by the request's HMAC: anybody can ask for a callback.
 * @throws TransientError when the lease stays busy, or Shopify cannot be asked for the stored chain; the code is still good then.
 */
export async function withAuthorizationCodeGrant<T>(
  ctx: TokenContext,
  shop: string,
  run: () => Promise<T>,
  stored?: StoredChain<T>,
): Promise<T> {
  const exchange = (lease: Lease) =>
    withProvenStorage(ctx, lease, async () => {
      await lease.extendLease();
      return runWithGrant(lease, run);
    });
  if (!stored) return withLease(ctx, shop, {}, exchange);
  const outcome = await withLease(ctx, shop, {}, async (lease): Promise<{ renewed: Session } | { value: T }> => {
    const renewed = await renewStoredChain(ctx, lease);
    return renewed ? { renewed } : { value: await exchange(lease) };
  });
  if ("value" in outcome) return outcome.value;
  if (outcome.renewed.isScopeIncluded(stored.scopes)) return stored.renewed();
  return withLease(ctx, shop, {}, exchange);
}

/** The stored chain, renewed; undefined when there is none that lives. */
async function renewStoredChain(ctx: TokenContext, lease: Lease): Promise<Session | undefined> {
  const { shop, session } = lease;
  if (!session || lease.needsReauth || lease.uninstalled || !isRenewable(ctx, session)) return undefined;
  const replace = session.accessToken;
  try {
    const renewed = await renewUnderLease(ctx, lease, { replace });
    ctx.log.info({ shop }, "installed again over a living token, which was renewed");
    return renewed;
  } catch (error) {
    if (error instanceof LeaseLostError)
      return renewSession(ctx, shop, { replace, unstoredPair: error.unwritten<Session>() });
    if (error instanceof ReauthorizationRequiredError) return undefined;
    throw error;
  }
}

/** A pair in every phase; a permanent token where the app asks for pairs. */
function isRenewable(ctx: TokenContext, session: Session): boolean {
  const { status } = tokenStatus(session, ctx.now(), ctx.isExempt);
  return ["fresh", "expiring", "expired"].includes(status) || (status === "permanent" && ctx.phase !== "legacy");
}
