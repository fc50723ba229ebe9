import type { Session } from "@shopify/shopify-api";
import type { TokenCallGate } from "../answer.ts";
import type { TokenContext } from "../context.ts";
import { SuspendedError, TransientError } from "../errors.ts";
import type { Lease } from "./lease.ts";
import { markSuspended } from "./mark-shop.ts";
import { probeToken } from "../shopify/probe-token.ts";
import { readSession } from "../records/read-session.ts";

/**
 * `invalid_subject_token` for a permanent token can mean spent, uninstalled, or nothing of the kind. It is never assumed to mean
 * "already migrated": the row is read again, then the Admin API is asked whether it still takes the token.
 * @returns what another writer stored meanwhile, which is what counts; else why the token is of no more use. `not_exchangeable`: the Admin
 * API accepts it, or does not find fault with the token itself. As a rule it is another app's, in a table that several apps share.
 * @throws TransientError when the token cannot be probed now; SuspendedError.
 */
export async function resolveRefusedPermanentToken(
  ctx: TokenContext,
  lease: Lease,
  cause: unknown,
  gate: TokenCallGate = (call) => call(),
): Promise<{ newer: Session } | { reason: string }> {
  const { shop, session } = lease;
  const current = await readSession(ctx, shop);
  if (current && current.accessToken !== session?.accessToken) return { newer: current };

  await lease.extendLease();
  const verdict = await gate(() => probeToken(ctx, session!));
  switch (verdict.kind) {
    case "unauthorized":
      return { reason: lease.uninstalled ? "uninstalled" : "permanent_token_spent" };
    case "suspended":
      await markSuspended(ctx, shop, verdict.reason);
      throw new SuspendedError(shop, verdict.reason, { cause });
    // Refused for being permanent, and not exchanged any more either: no call can use it. The token is kept.
    case "permanent_refused":
      return { reason: "permanent_token_not_accepted" };
    case "not_found":
      throw new TransientError(shop, "admin_api_not_found", { cause });
    case "accepted":
    case "refused":
      return { reason: "not_exchangeable" };
    default:
      throw new TransientError(shop, "refused_and_not_probed", { cause });
  }
}
