import type { Session } from "@shopify/shopify-api";
import type { TokenAnswer } from "../answer.ts";
import { askForPair, type AskOptions } from "./ask-for-pair.ts";
import { askWithPreviousSecret } from "./ask-with-previous-secret.ts";
import type { TokenContext } from "../context.ts";
import {
  ConfigurationError,
  InvalidIdTokenError,
  LeaseLostError,
  NotPermanentError,
  PermanentTokenRefusedError,
  ReauthorizationRequiredError,
  SuspendedError,
  TransientError,
} from "../errors.ts";
import { type Lease, withLease } from "./lease.ts";
import { markNeedsReauth, markNotExchangeable, markSuspended } from "./mark-shop.ts";
import { nextStep } from "./next-step.ts";
import { readSession, type StoredSession } from "../records/read-session.ts";
import { resolveRefusedPermanentToken } from "./resolve-refused-permanent-token.ts";
import { adoptPair } from "./adopt-pair.ts";
import { storePair } from "./store-pair.ts";
import { adoptUnstored, UNKNOWN_GENERATION } from "../storage/adopt-unstored.ts";
import { keepUnstored } from "../storage/unstored-pairs.ts";
import { withProvenStorage } from "../storage/with-proven-storage.ts";
import { tokenStatus } from "../records/token-status.ts";
import type { HowStored } from "../types.ts";

/** How many times a renewal that lost its lease starts again. Each loss means that another writer stored a pair. */
const MAX_LOST_LEASES = 4;

export interface RenewOptions extends AskOptions {
  /** Of the merchant's request, for this shop. */
  idToken?: string;
  /** An access token that is not to be used any more. If the shop has another one by now, that one serves. */
  replace?: string;
  /** Give up on the stored chain: it was tried. Needs `idToken`. */
  acquire?: boolean;
  /** Migrate a permanent token although it may still be used; NotPermanentError when the shop holds anything else. */
  migrate?: boolean;
  /** How long to wait for another holder of the lease. */
  leaseWaitMs?: number;
  /** Do not wait for a lease that is closed after a failure. */
  impatient?: boolean;
  /** A pair that Shopify issued and that is not stored yet. */
  unstoredPair?: Session;
}

/**
 * Gives a shop a usable session, as the only writer of the shop: takes the lease, reads, decides, asks Shopify, stores.
 * Callers that wait for the lease take what the holder left.
 * @returns the stored session, refresh token included.
 * @throws ReauthorizationRequiredError, SuspendedError, TransientError, InvalidIdTokenError, ConfigurationError,
 * IncompletePairError, StorageUnfitError.
 */
export async function renewSession(ctx: TokenContext, shop: string, options: RenewOptions): Promise<Session> {
  let { unstoredPair } = options;
  for (let lostLeases = 0; ; lostLeases++) {
    try {
      return await withLease(
        ctx,
        shop,
        { ...options, waitMs: options.leaseWaitMs, usable: () => findUsable(ctx, shop, options) },
        (lease) => renewUnderLease(ctx, lease, { ...options, unstoredPair }),
      );
    } catch (error) {
      const isLost = error instanceof LeaseLostError;
      if (isLost) unstoredPair = error.unwritten<Session>() ?? unstoredPair;
      // A pair that only this process has is worth another try.
      const mayBeAdopted = error instanceof TransientError && unstoredPair !== undefined;
      if ((isLost || mayBeAdopted) && lostLeases < MAX_LOST_LEASES) {
        ctx.log.warn({ shop, withPair: unstoredPair !== undefined }, "starting again: the lease was lost");
        continue;
      }
      const isRefused = error instanceof ReauthorizationRequiredError || error instanceof PermanentTokenRefusedError;
      if (unstoredPair?.refreshToken && !isRefused)
        await keepUnstored(ctx, { shop, generation: UNKNOWN_GENERATION, session: undefined }, unstoredPair, "acquired");
      throw isLost ? new TransientError(shop, "lease_contended") : error;
    }
  }
}

/** What the stored token asks for now, and the session it was read from. */
function decide(ctx: TokenContext, session: StoredSession | undefined, options: RenewOptions, needsReauth: boolean) {
  const status = tokenStatus(session, ctx.now(), ctx.isExempt);
  if (options.migrate && status.status === "permanent") return { step: "migrate" as const, reason: "migrate" };
  const isReplaced = options.replace !== undefined && session?.accessToken === options.replace;
  return nextStep(status, {
    phase: ctx.phase,
    idToken: options.idToken !== undefined,
    replace: isReplaced,
    chainIsDead: needsReauth || (options.acquire === true && isReplaced),
  });
}

async function findUsable(ctx: TokenContext, shop: string, options: RenewOptions): Promise<Session | undefined> {
  const session = await readSession(ctx, shop);
  return decide(ctx, session, options, false).step === "use" ? session : undefined;
}

/** The same for a caller that has the lease. It is given back with the write. */
export async function renewUnderLease(ctx: TokenContext, lease: Lease, options: RenewOptions): Promise<Session> {
  const { session } = lease;
  const adopted = await adoptUnstored(ctx, lease, options);
  if (adopted) {
    if (!options.migrate && tokenStatus(adopted, ctx.now()).status !== "fresh") throw new LeaseLostError(lease.shop);
    return adopted;
  }
  const { unstoredPair } = options;
  if (unstoredPair) {
    const stored = await withProvenStorage(ctx, lease, () => adoptPair(ctx, lease, session, unstoredPair, options));
    if (stored) return stored;
  }
  if (options.migrate) requirePermanent(ctx, lease);
  const { step, reason } = decide(ctx, session, options, lease.needsReauth !== undefined);
  switch (step) {
    case "use":
      return session!;
    case "refresh":
      return withProvenStorage(ctx, lease, () => refreshUnderLease(ctx, lease, options));
    case "migrate":
      return withProvenStorage(ctx, lease, () => migrateUnderLease(ctx, lease, options));
    case "acquire":
      return withProvenStorage(ctx, lease, () => acquireUnderLease(ctx, lease, options));
    case "reauthorize":
      if (session && !lease.needsReauth && reason !== "not_exchangeable") await markNeedsReauth(ctx, lease, reason);
      throw new ReauthorizationRequiredError(lease.shop, lease.needsReauth ?? reason);
  }
}

/** A migration is about permanent tokens alone: everything else is left as it is, and not even marked. */
function requirePermanent(ctx: TokenContext, { shop, session }: Lease): void {
  const { status, reason } = tokenStatus(session, ctx.now(), ctx.isExempt);
  if (status !== "permanent") throw new NotPermanentError(shop, status, reason);
}

async function refreshUnderLease(ctx: TokenContext, lease: Lease, options: RenewOptions): Promise<Session> {
  const request = { grant: "refresh", refreshToken: lease.session!.refreshToken! } as const;
  const answer = await askForPair(ctx, lease, request, options);
  return answer.kind === "refused" && answer.verdict.kind === "final"
    ? replaceDead(ctx, lease, answer, answer.verdict.reason, options)
    : storeAnswer(ctx, lease, answer, "refreshed", options);
}

async function migrateUnderLease(ctx: TokenContext, lease: Lease, options: RenewOptions): Promise<Session> {
  const request = { grant: "migrate", permanentToken: lease.session!.accessToken! } as const;
  const answer = await askForPair(ctx, lease, request, options);
  if (answer.kind === "refused" && answer.verdict.kind === "ambiguous_subject_token") {
    const before = await askWithPreviousSecret(ctx, lease, request, answer, options);
    if (before !== answer) return storeAnswer(ctx, lease, before, "migrated", options, ctx.previousClientSecret);
    const resolved = await resolveRefusedPermanentToken(ctx, lease, answer.cause, options.gate);
    return "newer" in resolved ? resolved.newer : replaceDead(ctx, lease, answer, resolved.reason, options);
  }
  return storeAnswer(ctx, lease, answer, "migrated", options);
}

/**
 * Of a credential that was refused for good: a merchant who is present brings a new pair, else the refusal is recorded; not while it may be
 * the answer to running into a lost call.
 */
async function replaceDead(
  ctx: TokenContext,
  lease: Lease,
  { cause, afterLostAnswer }: TokenAnswer & { kind: "refused" },
  reason: string,
  options: RenewOptions,
): Promise<Session> {
  if (options.idToken) return acquireUnderLease(ctx, lease, options);
  if (afterLostAnswer) throw new TransientError(lease.shop, "refused_after_lost_answer", { cause });
  if (reason === "not_exchangeable") await markNotExchangeable(ctx, lease);
  else await markNeedsReauth(ctx, lease, reason);
  throw new ReauthorizationRequiredError(lease.shop, reason, { cause });
}

async function acquireUnderLease(ctx: TokenContext, lease: Lease, options: RenewOptions): Promise<Session> {
  const answer = await askForPair(ctx, lease, { grant: "exchange", idToken: options.idToken! }, options);
  return storeAnswer(ctx, lease, answer, "acquired", options);
}

/** A pair is stored; everything else becomes the named error it is. */
async function storeAnswer(
  ctx: TokenContext,
  lease: Lease,
  answer: TokenAnswer,
  how: HowStored,
  { trace }: RenewOptions,
  clientSecret = ctx.clientSecret,
): Promise<Session> {
  if (answer.kind === "pair") {
    const stored = await storePair(ctx, lease, answer.session, how, { clientSecret });
    if (trace) trace.stored = how;
    return stored;
  }
  if (answer.kind === "incomplete") throw answer.error;
  const { verdict, cause } = answer;
  switch (verdict.kind) {
    case "configuration":
      ctx.log.error({ shop: lease.shop, reason: verdict.reason }, "Shopify does not accept this app's credentials");
      throw new ConfigurationError(lease.shop, verdict.reason, { cause });
    case "not_installed":
      if (lease.session && !lease.needsReauth) await markNeedsReauth(ctx, lease, verdict.reason);
      throw new ReauthorizationRequiredError(lease.shop, verdict.reason, { cause });
    case "suspended":
      await markSuspended(ctx, lease.shop, verdict.reason);
      throw new SuspendedError(lease.shop, verdict.reason, { cause });
    case "invalid_id_token":
      throw new InvalidIdTokenError(lease.shop, verdict.reason, { cause });
    case "transient":
      throw new TransientError(lease.shop, verdict.reason, { cause, retryAfterMs: verdict.retryAfterMs });
    case "final":
    case "ambiguous_subject_token":
      throw new TransientError(lease.shop, `unexpected_${verdict.reason}`, { cause });
  }
}
