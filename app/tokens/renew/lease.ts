import sql from "sql-template-tag";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { SessionLayout } from "../../infra/database/session-layout.ts";
import type { TokenContext } from "../context.ts";
import { describeError, LeaseLostError, TransientError } from "../errors.ts";
import { openSession, readSession, type StoredSession } from "../records/read-session.ts";
import { sessionColumns, type SessionRow } from "../records/session-row.ts";
import { unfitErrorOf } from "../storage/prove-storage.ts";
import { offlineIdOf } from "../records/shop-name.ts";
import {
  CALL_TIMEOUT_MS,
  COOL_DOWN_MS,
  LEASE_WAIT_MS,
  LEASE_MS,
  LONGEST_CLOSURE_MS,
  LOST_CALL_MS,
  SHORT_RETRY_AFTER_MS,
} from "./timing.ts";

/** Owner of a closed lease, which cannot be acquired before it expires: Shopify asked to wait, or failed just now. */
const CLOSED = "closed";

/** Time left beyond a call's timeout, for the way to the call and back. */
const RENEWAL_SLACK_MS = 1_000;

const POLL_FIRST_MS = 20;
const POLL_LONGEST_MS = 250;

/** The right to write one shop's token, while it lasts. */
export interface Lease {
  readonly shop: string;
  /** Random for each acquisition: a process that lost its lease and acquires it again is another owner. */
  readonly owner: string;
  /** As read when the lease was taken; a write names it. */
  readonly generation: number;
  /** A final answer is on record about the credential that is stored. */
  readonly needsReauth: string | undefined;
  readonly uninstalled: boolean;
  /**
   * A call of an earlier hold had no answer, or its caller died: it may still be running at Shopify. Remembered in the shop's row until a
   * pair is stored.
   */
  readonly answerLostBefore: boolean;
  /** The same of a call of this hold; written down when the lease is given back. */
  answerLost: boolean;
  /** The shop's session as it was when the lease was acquired. Storing another one releases the lease in the same statement. */
  readonly session: StoredSession | undefined;
  /**
   * Makes sure that the lease outlives one more call. To be called before every call to Shopify.
   * @throws LeaseLostError when another owner has the lease by now; TransientError when the process is about to end.
   */
  extendLease(): Promise<void>;
  /** The write that ended the lease did so in its own statement. */
  released: boolean;
}

export interface LeaseOptions<T> {
  /** How long to wait for another holder before TransientError `lease_busy`. */
  waitMs?: number;
  /** Do not wait for a lease that is closed for a while; there is something else to fall back on. */
  impatient?: boolean;
  /** Asked while waiting: what the other holder left, if it serves this caller too. */
  usable?: () => Promise<T | undefined>;
  signal?: AbortSignal;
}

/**
 * Runs `work` as the only writer of a shop's token, in this process and all others on the same database. The lease is a lease
 * in the shop's row: no connection and no transaction is held meanwhile. `work` acts upon the session that it finds under the lease, never
 * upon one that was read before.
 *
 * A holder that dies is replaced when its lease has run out by the database's clock; a holder that comes back late finds its
 * writes refused, because each names the owner and the generation.
 * @throws TransientError when the lease stays busy, or Shopify asked the app to wait.
 */
export async function withLease<T>(
  ctx: TokenContext,
  shop: string,
  options: LeaseOptions<T>,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const started = performance.now();
  const deadline = started + (options.waitMs ?? LEASE_WAIT_MS);
  for (let pollMs = POLL_FIRST_MS; ; pollMs = Math.min(pollMs * 2, POLL_LONGEST_MS)) {
    options.signal?.throwIfAborted();
    const lease = await acquireLease(ctx, shop).catch(async (error: unknown) => {
      throw (await unfitErrorOf(ctx, shop, error, { mayQuote: false })) ?? error;
    });
    if (lease) {
      ctx.metrics.leaseWaitSeconds.observe((performance.now() - started) / 1_000);
      return holdLease(ctx, lease, work);
    }
    const closedForMs = await closedFor(ctx, shop);
    if (closedForMs > (options.impatient ? 0 : SHORT_RETRY_AFTER_MS)) {
      throw new TransientError(shop, "retry_after", { retryAfterMs: closedForMs });
    }
    if (performance.now() > deadline) throw new TransientError(shop, "lease_busy");
    await sleep(pollMs * (0.5 + Math.random()));
    const usable = await options.usable?.();
    if (usable !== undefined) return usable;
  }
}

async function holdLease<T>(ctx: TokenContext, lease: Lease, work: (lease: Lease) => Promise<T>): Promise<T> {
  let closeForMs = 0;
  try {
    return await work(lease);
  } catch (error) {
    // No process asks Shopify about this shop again before.
    if (error instanceof TransientError)
      closeForMs = Math.min(Math.max(error.retryAfterMs ?? 0, COOL_DOWN_MS), LONGEST_CLOSURE_MS);
    throw error;
  } finally {
    if (!lease.released) {
      lease.released = true;
      await releaseLease(ctx, lease, closeForMs);
    }
  }
}

type TakenRow = {
  generation: number;
  uninstalled: boolean;
  answerLost: boolean;
  generationBefore: number | null;
} & (SessionRow | { id: null });

/** SQL: when an answer was lost, for a row `t` whose lease is free: a holder that died may have had a call under way until its lease expired. */
export const LOST_WITH_LEASE = `CASE WHEN t."leaseOwner" <> '${CLOSED}' THEN t."leaseExpiresAt" ELSE t."answerLostAt" END`;

/**
 * One conditional statement: of any number of takers exactly one gets a row back. Everything that is not `taken` is as it was when the
 * statement began, the session too.
 */
const acquireStatement = (layout: SessionLayout): string => `
  WITH taken AS (
    INSERT INTO expand_contract."ShopToken" AS t ("shop", "leaseOwner", "leaseExpiresAt")
    VALUES ($1, $2, clock_timestamp() + ${LEASE_MS} * interval '1 millisecond')
    ON CONFLICT ("shop") DO UPDATE
      SET "leaseOwner" = EXCLUDED."leaseOwner", "leaseExpiresAt" = EXCLUDED."leaseExpiresAt",
        "answerLostAt" = ${LOST_WITH_LEASE}
      WHERE t."leaseOwner" IS NULL OR t."leaseExpiresAt" < clock_timestamp()
    RETURNING t.*
  )
  SELECT t."generation", t."uninstalledAt" IS NOT NULL AS "uninstalled", b."generation" AS "generationBefore",
    COALESCE(t."answerLostAt" > clock_timestamp() - ${LOST_CALL_MS} * interval '1 millisecond', false) AS "answerLost", ${sessionColumns(layout)}
  FROM taken t LEFT JOIN expand_contract."ShopToken" b ON b."shop" = t."shop" LEFT JOIN "Session" s ON s."id" = $3 AND NOT s."isOnline"`;

async function acquireLease(ctx: TokenContext, shop: string): Promise<Lease | undefined> {
  const owner = randomUUID();
  const id = offlineIdOf(ctx, shop);
  let leasedAt = performance.now();
  const [row] = await ctx.db.query<TakenRow[]>({ text: acquireStatement(ctx.sessions), values: [shop, owner, id] });
  if (!row) return undefined;
  // Another holder stored a pair while this statement waited for its row: the session it saw is the one before.
  const isCurrent = row.generation === (row.generationBefore ?? 0);
  let session: StoredSession | undefined;
  try {
    if (!isCurrent) session = await readSession(ctx, shop);
    else if (row.id !== null) session = await openSession(ctx, shop, row);
  } catch (error) {
    // Without a session to act upon there is nothing to hold it for.
    await releaseLease(ctx, { shop, owner, answerLost: false });
    throw error;
  }
  return {
    shop,
    owner,
    generation: row.generation,
    needsReauth: session?.refused,
    uninstalled: row.uninstalled,
    answerLostBefore: row.answerLost,
    answerLost: false,
    session,
    released: false,
    async extendLease() {
      if (!ctx.mayCall()) throw new TransientError(shop, "process_ending");
      if (performance.now() - leasedAt < LEASE_MS - CALL_TIMEOUT_MS - RENEWAL_SLACK_MS) return;
      const renewedAt = performance.now();
      const renewed = await ctx.db.execute(sql`
        UPDATE expand_contract."ShopToken" SET "leaseExpiresAt" = clock_timestamp() + ${LEASE_MS}::int * interval '1 millisecond'
        WHERE "shop" = ${shop} AND "leaseOwner" = ${owner}`);
      if (renewed === 0) throw new LeaseLostError(shop);
      leasedAt = renewedAt;
    },
  };
}

/** Names the owner: a lease that another owner acquired is left alone. If this fails, the lease expires by itself. */
async function releaseLease(
  ctx: TokenContext,
  { shop, owner, answerLost }: Pick<Lease, "shop" | "owner" | "answerLost">,
  closeForMs = 0,
): Promise<void> {
  try {
    await ctx.db.execute(sql`
      UPDATE expand_contract."ShopToken" SET
        "answerLostAt" = CASE WHEN ${answerLost} THEN clock_timestamp() ELSE "answerLostAt" END,
        "leaseOwner" = CASE WHEN ${closeForMs}::int > 0 THEN ${CLOSED}::text END,
        "leaseExpiresAt" = CASE WHEN ${closeForMs}::int > 0 THEN clock_timestamp() + ${closeForMs}::int * interval '1 millisecond' END
      WHERE "shop" = ${shop} AND "leaseOwner" = ${owner}`);
  } catch (error) {
    ctx.log.warn({ shop, ...describeError(error) }, "the lease could not be given back; its lease will run out");
  }
}

/** Milliseconds for which the lease stays closed; 0 when another holder is at work. */
async function closedFor(ctx: TokenContext, shop: string): Promise<number> {
  const [row] = await ctx.db.query<{ leftMs: number }[]>(sql`
    SELECT CEIL(EXTRACT(EPOCH FROM "leaseExpiresAt" - clock_timestamp()) * 1000)::int AS "leftMs"
    FROM expand_contract."ShopToken" WHERE "shop" = ${shop} AND "leaseOwner" = ${CLOSED}`);
  return Math.max(0, row?.leftMs ?? 0);
}
