import type { Session } from "@shopify/shopify-api";
import { askForPair, type Answer, type AskOptions } from "./ask-for-pair.ts";
import type { TokenContext } from "../context.ts";
import {
  ConfigurationError,
  InvalidIdTokenError,
  LaneLostError,
  NotPermanentError,
  ReauthorizationRequiredError,
  SuspendedError,
  TransientError,
} from "../errors.ts";
import { type Lane, withLane } from "./lane.ts";
import { markNeedsReauth, markSuspended } from "./mark-shop.ts";
import { nextStep } from "./next-step.ts";
import { readSession } from "../records/read-session.ts";
import { resolveRefusedPermanentToken } from "./resolve-refused-permanent-token.ts";
import { settleCandidate } from "./settle-candidate.ts";
import { storePair } from "./store-pair.ts";
import type { TokenRequest } from "../shopify/token-endpoint.ts";
import { tokenStatus } from "../records/token-status.ts";
import type { HowStored } from "../types.ts";

/** How often a run that lost its lane starts again. Each loss means that somebody else stored a pair. */
const MAX_LOST_LANES = 4;

export interface RenewOptions extends AskOptions {
  /** Of the merchant's request, for this shop. */
  idToken?: string;
  /** An access token that is not to be used any more. If the shop has another one by now, that one serves. */
  replace?: string;
  /** Give up on the stored chain: it was tried. Needs `idToken`. */
  acquire?: boolean;
  /** Migrate a permanent token although it may still be used; NotPermanentError when the shop holds anything else. */
  migrate?: boolean;
  /** How long to wait for another holder of the lane. */
  laneWaitMs?: number;
  /** Do not wait for a lane that is closed after a failure. */
  impatient?: boolean;
  /** A pair that Shopify issued and nobody has stored. */
  candidate?: Session;
}

/**
 * Gives a shop a usable session, as the only writer of the shop: takes the lane, reads, decides, asks Shopify, stores.
 * Callers that wait for the lane take what the holder left.
 * @returns the stored session, refresh token included.
 * @throws ReauthorizationRequiredError, SuspendedError, TransientError, InvalidIdTokenError, ConfigurationError,
 * IncompletePairError.
 */
export async function renewSession(ctx: TokenContext, shop: string, options: RenewOptions): Promise<Session> {
  let { candidate } = options;
  for (let lostLanes = 0; lostLanes <= MAX_LOST_LANES; lostLanes++) {
    try {
      return await withLane(
        ctx,
        shop,
        {
          settled: () => findSettled(ctx, shop, options),
          signal: options.signal,
          impatient: options.impatient,
          waitMs: options.laneWaitMs,
        },
        (lane) => renewInLane(ctx, lane, { ...options, candidate }),
      );
    } catch (error) {
      // A pair that only this process has is worth another try.
      const isUnsettled = error instanceof TransientError && candidate !== undefined && lostLanes < MAX_LOST_LANES;
      if (!(error instanceof LaneLostError) && !isUnsettled) throw error;
      if (error instanceof LaneLostError) candidate = error.unwritten<Session>() ?? candidate;
      ctx.log.warn({ shop, withPair: candidate !== undefined }, "starting again: the lane was lost");
    }
  }
  throw new TransientError(shop, "lane_contended");
}

/** What the stored token asks for now, and the session it was read from. */
function decide(ctx: TokenContext, session: Session | undefined, options: RenewOptions, needsReauth: boolean) {
  const status = tokenStatus(session, ctx.now());
  const isReplaced = options.replace !== undefined && session?.accessToken === options.replace;
  return nextStep(status, {
    phase: ctx.phase,
    idToken: options.idToken !== undefined,
    replace: isReplaced || (options.migrate === true && status.status === "permanent"),
    chainIsDead: needsReauth || (options.acquire === true && isReplaced),
  });
}

async function findSettled(ctx: TokenContext, shop: string, options: RenewOptions): Promise<Session | undefined> {
  const session = await readSession(ctx, shop);
  return decide(ctx, session, options, false).step === "use" ? session : undefined;
}

/** The same for a caller that has the lane. It is given back with the write. */
export async function renewInLane(ctx: TokenContext, lane: Lane, options: RenewOptions): Promise<Session> {
  const { session } = lane;
  if (options.candidate) {
    const settled = await settleCandidate(ctx, lane, session, options.candidate, options);
    if (settled) return settled;
  }
  if (options.migrate) requirePermanent(ctx, lane);
  const { step, reason } = decide(ctx, session, options, lane.needsReauth !== undefined);
  switch (step) {
    case "use":
      return session!;
    case "refresh":
      return refreshInLane(ctx, lane, session!, options);
    case "migrate":
      return migrateInLane(ctx, lane, session!, options);
    case "acquire":
      return acquireInLane(ctx, lane, options);
    case "reauthorize":
      if (session && !lane.needsReauth) await markNeedsReauth(ctx, lane, reason);
      throw new ReauthorizationRequiredError(lane.shop, lane.needsReauth ?? reason);
  }
}

/** A migration is about permanent tokens alone: everything else is left as it is, and not even marked. */
function requirePermanent(ctx: TokenContext, { shop, session }: Lane): void {
  const { status, reason } = tokenStatus(session, ctx.now());
  if (status !== "permanent") throw new NotPermanentError(shop, status, reason);
}

async function refreshInLane(ctx: TokenContext, lane: Lane, session: Session, options: RenewOptions): Promise<Session> {
  const request: TokenRequest = { grant: "refresh", refreshToken: session.refreshToken! };
  const answer = await askForPair(ctx, lane, request, options);
  if (answer.kind === "refused" && answer.verdict.kind === "final") {
    if (options.idToken) return acquireInLane(ctx, lane, options);
    if (answer.afterLostAnswer)
      throw new TransientError(lane.shop, "refused_after_lost_answer", { cause: answer.cause });
    await markNeedsReauth(ctx, lane, answer.verdict.reason);
    throw new ReauthorizationRequiredError(lane.shop, answer.verdict.reason, { cause: answer.cause });
  }
  return storeAnswer(ctx, lane, answer, "refreshed", options);
}

async function migrateInLane(ctx: TokenContext, lane: Lane, session: Session, options: RenewOptions): Promise<Session> {
  const request: TokenRequest = { grant: "migrate", permanentToken: session.accessToken! };
  const answer = await askForPair(ctx, lane, request, options);
  if (answer.kind === "refused" && answer.verdict.kind === "ambiguous_subject_token") {
    const { cause } = answer;
    const resolved = await resolveRefusedPermanentToken(ctx, lane, session, cause);
    if (resolved.kind === "newer") return resolved.session;
    if (options.idToken) return acquireInLane(ctx, lane, options);
    if (resolved.kind === "refused_but_alive") throw new TransientError(lane.shop, resolved.kind, { cause });
    if (answer.afterLostAnswer) throw new TransientError(lane.shop, "refused_after_lost_answer", { cause });
    await markNeedsReauth(ctx, lane, resolved.reason);
    throw new ReauthorizationRequiredError(lane.shop, resolved.reason, { cause });
  }
  return storeAnswer(ctx, lane, answer, "migrated", options);
}

async function acquireInLane(ctx: TokenContext, lane: Lane, options: RenewOptions): Promise<Session> {
  const answer = await askForPair(ctx, lane, { grant: "exchange", idToken: options.idToken! }, options);
  return storeAnswer(ctx, lane, answer, "acquired", options);
}

/** A pair is stored; everything else becomes the named error it is. */
async function storeAnswer(
  ctx: TokenContext,
  lane: Lane,
  answer: Answer,
  how: HowStored,
  { trace }: RenewOptions,
): Promise<Session> {
  if (answer.kind === "pair") {
    const stored = await storePair(ctx, lane, answer.session, how);
    if (trace) trace.stored = how;
    return stored;
  }
  if (answer.kind === "incomplete") throw answer.error;
  const { verdict, cause } = answer;
  switch (verdict.kind) {
    case "configuration":
      ctx.log.error({ shop: lane.shop, reason: verdict.reason }, "Shopify does not accept this app's credentials");
      throw new ConfigurationError(lane.shop, verdict.reason, { cause });
    case "suspended":
      await markSuspended(ctx, lane.shop, verdict.reason);
      throw new SuspendedError(lane.shop, verdict.reason, { cause });
    case "invalid_id_token":
      throw new InvalidIdTokenError(lane.shop, verdict.reason, { cause });
    case "transient":
      throw new TransientError(lane.shop, verdict.reason, { cause, retryAfterMs: verdict.retryAfterMs });
    case "final":
    case "ambiguous_subject_token":
      throw new TransientError(lane.shop, `unexpected_${verdict.reason}`, { cause });
  }
}
