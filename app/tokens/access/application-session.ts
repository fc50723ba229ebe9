import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { describeError, IncompletePairError, TransientError } from "../errors.ts";
import { tokenStatus } from "../records/token-status.ts";
import { type Lease, withLease } from "../renew/lease.ts";
import { singleFlight } from "../renew/single-flight.ts";
import { requestWithEitherKey } from "../shopify/application-only-token.ts";
import { classifyTokenError } from "../shopify/answers/classify-token-error.ts";
import { beginTokenCall } from "../shopify/observe-call.ts";

/** A token with less than this left is replaced before it is used. */
const MARGIN_MS = 2 * 60_000;
/** After a refusal that time alone will not change, the shop is not asked about again for this long. */
const REFUSED_FOR_MS = 10 * 60_000;
/** The cache is swept when it holds more shops than this. */
const SWEEP_ABOVE = 1_000;

/**
 * An application-only session for background work of a shop whose offline chain is dead. It is kept in memory until shortly before its
 * end, and stored nowhere. Whether such a token disturbs an offline chain is not documented: it is asked for under the shop's lease,
 * and only while no chain lives.
 * @returns undefined without a key, for a shop without the app, when a chain lives after all, and after a refusal.
 * @throws TransientError when Shopify cannot be asked now.
 */
export async function findApplicationSession(ctx: TokenContext, shop: string): Promise<Session | undefined> {
  if (ctx.applicationKeys.length === 0) return undefined;
  const remembered = ctx.applicationSessions.get(shop);
  if (remembered && remembered.until > ctx.now()) return remembered.session;
  return singleFlight(ctx, `${shop}|application`, () => acquire(ctx, shop)).result;
}

/** Shopify refused the token: the next caller gets another one. */
export function forgetApplicationSession(ctx: TokenContext, session: Session): void {
  if (ctx.applicationSessions.get(session.shop)?.session === session) ctx.applicationSessions.delete(session.shop);
}

async function acquire(ctx: TokenContext, shop: string): Promise<Session | undefined> {
  // Trouble is handed out of the lease as a value: it must not close the lease for a merchant who comes meanwhile.
  const outcome = await withLease(ctx, shop, {}, async (lease): Promise<{ session?: Session; error?: unknown }> => {
    if (!needsApplicationToken(ctx, lease)) return {};
    const now = ctx.now();
    const finish = beginTokenCall(ctx, "application", shop);
    try {
      const session = await requestWithEitherKey(ctx.applicationKeys, shop, now, () => lease.extendLease());
      finish("ok");
      return { session };
    } catch (error) {
      const { kind, reason } = classifyTokenError(error, "application", ctx.now());
      finish(kind, reason);
      return { error };
    }
  });
  if (outcome.session) {
    ctx.log.info({ shop }, "background work goes on with an application-only token");
    remember(ctx, shop, { session: outcome.session, until: outcome.session.expires!.getTime() - MARGIN_MS });
  } else if (outcome.error !== undefined) {
    judgeRefusal(ctx, shop, outcome.error);
  }
  return outcome.session;
}

/** No chain that lives, and not because the app was removed. */
function needsApplicationToken(ctx: TokenContext, { session, needsReauth, uninstalled }: Lease): boolean {
  if (uninstalled || needsReauth === "uninstalled" || needsReauth === "app_not_installed") return false;
  return (
    needsReauth !== undefined || ["dead", "placeholder", "missing"].includes(tokenStatus(session, ctx.now()).status)
  );
}

/** @throws TransientError */
function judgeRefusal(ctx: TokenContext, shop: string, error: unknown): void {
  const verdict = classifyTokenError(error, "application", ctx.now());
  const isTransient = verdict.kind === "transient" && !verdict.reason.startsWith("unexpected_");
  if (isTransient && !(error instanceof IncompletePairError)) {
    throw new TransientError(shop, verdict.reason, { cause: error, retryAfterMs: verdict.retryAfterMs });
  }
  remember(ctx, shop, { session: undefined, until: ctx.now() + REFUSED_FOR_MS });
  ctx.log.error(
    { shop, reason: verdict.reason, ...describeError(error) },
    "no application-only token: check the app's key",
  );
}

function remember(ctx: TokenContext, shop: string, entry: { session: Session | undefined; until: number }): void {
  const { applicationSessions: sessions } = ctx;
  if (sessions.size > SWEEP_ABOVE) {
    for (const [other, { until }] of sessions) if (until <= ctx.now()) sessions.delete(other);
  }
  sessions.set(shop, entry);
}
