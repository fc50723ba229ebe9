import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "./context.ts";
import { SuspendedError, TransientError } from "./errors.ts";
import type { Lane } from "./lane.ts";
import { markSuspended } from "./mark-shop.ts";
import { probeToken } from "./probe-token.ts";
import { readSession } from "./read-session.ts";

export type Resolved =
  /** Somebody stored something else meanwhile; that is what counts. */
  | { kind: "newer"; session: Session }
  /** Both doors refuse the token: the endpoint and the Admin API. */
  | { kind: "dead"; reason: string };

/**
 * `invalid_subject_token` for a permanent token can mean spent, uninstalled, or nothing of the kind. It is never assumed to mean
 * "already migrated": the row is read again, then the Admin API is asked whether it still takes the token.
 * @throws TransientError when the token still works or cannot be probed now; SuspendedError.
 */
export async function resolveRefusedPermanentToken(
  ctx: TokenContext,
  lane: Lane,
  session: Session,
  refusal: { cause: unknown; afterLostAnswer: boolean },
): Promise<Resolved> {
  const { shop } = lane;
  const { cause } = refusal;
  const current = await readSession(ctx, shop);
  if (current && current.accessToken !== session.accessToken) return { kind: "newer", session: current };

  await lane.holdForCall();
  const verdict = await probeToken(ctx, session);
  switch (verdict.kind) {
    case "unauthorized":
    case "permanent_refused":
      if (refusal.afterLostAnswer) throw new TransientError(shop, "refused_after_lost_answer", { cause });
      if (verdict.kind === "permanent_refused") return { kind: "dead", reason: "permanent_token_past_cut_off" };
      return { kind: "dead", reason: lane.uninstalled ? "uninstalled" : "permanent_token_spent" };
    case "suspended":
      await markSuspended(ctx, shop, verdict.reason);
      throw new SuspendedError(shop, verdict.reason, { cause });
    case "accepted":
    case "refused":
      ctx.log.warn({ shop }, "the token endpoint refuses a permanent token that the Admin API accepts");
      throw new TransientError(shop, "refused_but_alive", { cause });
    default:
      throw new TransientError(shop, "refused_and_not_probed", { cause });
  }
}
