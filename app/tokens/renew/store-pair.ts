import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "@shopify/shopify-api";
import { isDatabaseFailure } from "../../infra/database/is-database-outage.ts";
import type { TokenContext } from "../context.ts";
import { describeError, IncompletePairError, LeaseLostError, PermanentTokenRefusedError } from "../errors.ts";
import { readSession } from "../records/read-session.ts";
import { unfitErrorOf } from "../storage/prove-storage.ts";
import { isLastingRefusal } from "../../infra/database/database-error.ts";
import { keepUnstored } from "../storage/unstored-pairs.ts";
import { noteStored, noteStoreFailed, noteStoreInterrupted } from "../storage/with-proven-storage.ts";
import { writePair } from "../storage/write-pair.ts";
import type { HowStored } from "../types.ts";
import type { Lease } from "./lease.ts";

/** Pauses between attempts to write a pair that Shopify has issued: it exists nowhere else. */
const WRITE_RETRY_PAUSES_MS = [50, 250, 1_000, 2_000];

/** What a token consists of. @see https://www.rfc-editor.org/rfc/rfc6749#appendix-A.12 */
const TOKEN = /^[\x20-\x7e]+$/;

const isToken = (value: unknown): boolean => typeof value === "string" && TOKEN.test(value);
const isMoment = (value: Date | undefined): boolean => value !== undefined && !Number.isNaN(value.getTime());

/**
 * Refuses what must never be stored: half a pair, one with fields that cannot be read, and, in phases that never ask for permanent tokens, a
 * permanent token.
 * @throws IncompletePairError, PermanentTokenRefusedError.
 */
export function requireStorable(ctx: TokenContext, session: Session): void {
  const { shop } = session;
  if (!isToken(session.accessToken)) throw new IncompletePairError(shop, "access_token");
  if (!session.expires && !session.refreshToken) {
    if (ctx.isExempt || session.isOnline || ctx.phase === "legacy") return;
    if (ctx.phase === "contract") {
      ctx.metrics.permanentTokensRefused.inc();
      ctx.log.error({ shop }, "regression: a permanent token was about to be stored in the contract phase");
      throw new PermanentTokenRefusedError(shop);
    }
  }
  if (!isMoment(session.expires)) throw new IncompletePairError(shop, "expires_in");
  // The library leaves the refresh token out when either of the two fields is missing. One that is the access token refreshes nothing.
  const isOther = session.refreshToken !== session.accessToken;
  if (!isToken(session.refreshToken) || !isOther || !isMoment(session.refreshTokenExpires))
    throw new IncompletePairError(shop, "refresh_token");
}

/**
 * Stores what Shopify issued under a lease, and gives the lease back: one statement, everything or nothing. A pair that the database
 * will not take goes to the emergency record, and from then on nothing is exchanged without a new proof.
 * @param options.isRecorded the pair comes from the emergency record: which client secret made it is not known.
 * @param options.clientSecret fingerprint of the client secret that made the pair; the current one unless told.
 * @returns the session as stored.
 * @throws IncompletePairError, PermanentTokenRefusedError; LeaseLostError with the pair when another holder wrote meanwhile;
 * StorageUnfitError; errors of a database that is away.
 */
export async function storePair(
  ctx: TokenContext,
  lease: Lease,
  session: Session,
  how: HowStored,
  { isRecorded = false, clientSecret = ctx.clientSecret }: { isRecorded?: boolean; clientSecret?: string } = {},
): Promise<Session> {
  requireStorable(ctx, session);
  let stored: boolean;
  try {
    const madeWith = isRecorded ? undefined : clientSecret;
    stored = (await writeUntilAnswered(ctx, lease, session, how, madeWith)) || (await isStoredAlready(ctx, session));
  } catch (error) {
    // The error itself may quote the row.
    const said = (await unfitErrorOf(ctx, lease.shop, error, { mayQuote: false })) ?? error;
    if (isDatabaseFailure(error) && !isLastingRefusal(error)) noteStoreInterrupted(ctx);
    else noteStoreFailed(ctx, lease, said);
    if (!isRecorded) await keepUnstored(ctx, lease, session, how);
    throw said;
  }
  if (!stored) {
    ctx.metrics.staleWrites.inc({ source: how });
    throw new LeaseLostError(lease.shop, session);
  }
  lease.released = true;
  noteStored(ctx, lease);
  ctx.metrics.pairsStored.inc({ how });
  ctx.log.info({ shop: lease.shop, how, generation: lease.generation + 1 }, "token stored");
  // Not awaited: a caller that asked for the token should not wait for what follows from it.
  void Promise.resolve()
    .then(() => ctx.onPairStored(lease.shop, how))
    .catch((error: unknown) =>
      ctx.log.error({ shop: lease.shop, ...describeError(error) }, "the hook for a stored pair failed"),
    );
  return session;
}

async function writeUntilAnswered(
  ctx: TokenContext,
  lease: Lease,
  session: Session,
  how: HowStored,
  clientSecret: string | undefined,
): Promise<boolean> {
  const { shop, owner, generation } = lease;
  const target = { shop, owner, generation, id: ctx.api.session.getOfflineId(shop) };
  for (let attempt = 0; ; attempt++) {
    try {
      return await writePair(ctx, ctx.db, target, session, how, clientSecret);
    } catch (error) {
      const pauseMs = WRITE_RETRY_PAUSES_MS[attempt];
      if (pauseMs === undefined || isLastingRefusal(error)) throw error;
      ctx.log.warn({ shop, ...describeError(error) }, "a pair could not be written; trying again");
      await sleep(pauseMs);
    }
  }
}

/** A write whose answer was lost looks like a lost lease at the second try; the row tells them apart. */
async function isStoredAlready(ctx: TokenContext, session: Session): Promise<boolean> {
  const current = await readSession(ctx, session.shop);
  return current?.accessToken === session.accessToken && current?.refreshToken === session.refreshToken;
}
