import { setTimeout as sleep } from "node:timers/promises";
import type { TokenContext } from "../context.ts";
import { StorageUnfitError, TransientError } from "../errors.ts";
import type { Lease } from "../renew/lease.ts";
import { proveStorage } from "./prove-storage.ts";
import { findRowJudges } from "./problem/hindrances.ts";
import type { StoragePath } from "./storage-state.ts";

/** How long the others wait for the first exchange of a process; Shopify answers within a second. */
const FIRST_PATIENCE_MS = 2_000;
/** Shops in a row that Shopify gave nothing: then the others no longer wait for one that is stored. The proof held for each. */
const MOST_FIRSTS = 5;
/** After a store that failed for good the table may refuse some rows and take others: each row is proven before its exchange. */
const WARY_MS = 3_600_000;
/** The same after a store that a lock or an outage kept from being made: that row or that moment, as a rule. */
const WARY_AFTER_INTERRUPTION_MS = 300_000;
const LOOKED_AT_FOR_MS = 60_000;

/**
 * Runs `exchange`, which spends something at Shopify and stores what it brings, only where the database is proven to keep it. The first
 * exchange of a process, and the first after a store that failed for good, goes alone for as long as others wait, so that no more than one
 * token is at risk until it is stored. Later ones cost nothing. What was proven for shops that have a row says nothing about those that have none.
 * @throws StorageUnfitError before anything is spent.
 */
export async function withProvenStorage<T>(ctx: TokenContext, lease: StoredAt, exchange: () => Promise<T>): Promise<T> {
  const { storage } = ctx;
  const path = pathOf(lease);
  if (storage.isOpen[path]) return exchangeOpenly(ctx, lease, exchange);
  const deadline = performance.now() + FIRST_PATIENCE_MS;
  for (let leftMs = FIRST_PATIENCE_MS; storage.first[path] && leftMs > 0; leftMs = deadline - performance.now()) {
    await Promise.race([storage.first[path], sleep(leftMs, undefined, { ref: false })]);
    if (storage.isOpen[path]) return exchangeOpenly(ctx, lease, exchange);
  }
  const mine = exchangeFirst(ctx, lease, exchange);
  const first = mine.then(
    () => {},
    () => {},
  );
  storage.first[path] = first;
  try {
    return await mine;
  } finally {
    if (storage.first[path] === first) storage.first[path] = undefined;
  }
}

async function exchangeOpenly<T>(ctx: TokenContext, lease: StoredAt, exchange: () => Promise<T>): Promise<T> {
  const { waryUntil, refused } = ctx.storage;
  const isWary = performance.now() < waryUntil || refused.has(lease.shop);
  if (isWary || (await judgesRows(ctx))) await prove(ctx, lease.shop);
  failuresBefore.set(lease, ctx.storage.failures);
  return exchange();
}

/** Where something of the table looks at the values of a row, one that was taken says little about the next. Looked at once a minute. */
function judgesRows({ db, storage }: TokenContext): Promise<boolean> {
  const known = storage.judgesRows;
  if (known && performance.now() < known.until) return known.answer;
  const answer = findRowJudges(db);
  storage.judgesRows = { answer, until: performance.now() + LOOKED_AT_FOR_MS };
  answer.catch(() => (storage.judgesRows = undefined));
  return answer;
}

/** How many stores had failed for good when a lease's exchange was let go ahead. */
const failuresBefore = new WeakMap<StoredAt, number>();

/**
 * To be called right before something is spent: an exchange may have waited for its turn meanwhile, and another one's pair was not taken.
 * @throws StorageUnfitError with what that pair met; TransientError where it is stored by now.
 */
export function requireStillProven({ storage }: TokenContext, lease: StoredAt): void {
  const before = failuresBefore.get(lease);
  if (before === undefined || before === storage.failures) return;
  const met = storage.failed?.error;
  throw met instanceof StorageUnfitError
    ? new StorageUnfitError(lease.shop, met.problem, met.metAt)
    : new TransientError(lease.shop, "storage_in_doubt");
}

async function exchangeFirst<T>(ctx: TokenContext, lease: StoredAt, exchange: () => Promise<T>): Promise<T> {
  const { storage } = ctx;
  await prove(ctx, lease.shop);
  await judgesRows(ctx);
  failuresBefore.set(lease, storage.failures);
  try {
    return await exchange();
  } finally {
    const path = pathOf(lease);
    if (!storage.failed && ++storage.firsts[path] >= MOST_FIRSTS) storage.isOpen[path] = true;
  }
}

type StoredAt = Pick<Lease, "shop" | "session">;

const pathOf = ({ session }: StoredAt): StoragePath => (session ? "update" : "insert");

async function prove(ctx: TokenContext, shop: string): Promise<void> {
  const { storage } = ctx;
  await storage.explainFailed(shop);
  try {
    await proveStorage(ctx, shop);
  } catch (error) {
    if (error instanceof StorageUnfitError) {
      ctx.log.error(
        { shop, problem: error.problem.what, remedy: error.problem.remedy },
        "nothing is exchanged: a pair could not be stored",
      );
    }
    throw error;
  }
}

/** A pair was stored: from now on exchanges go ahead. */
export function noteStored({ storage }: TokenContext, lease: StoredAt): void {
  storage.isOpen[pathOf(lease)] = true;
  storage.refused.delete(lease.shop);
  storage.failed = undefined;
}

/** A pair could not be stored for good: from now on nothing is exchanged without a proof. */
export function noteStoreFailed({ storage }: TokenContext, { shop }: StoredAt, error: unknown): void {
  storage.isOpen = { update: false, insert: false };
  storage.firsts = { update: 0, insert: 0 };
  storage.waryUntil = performance.now() + WARY_MS;
  storage.checked = undefined;
  storage.failures++;
  storage.failed = { shop, error };
}

/**
 * A pair could not be stored for a reason that passes, such as a row that another transaction holds: for a while each exchange is proven on
 * its own row. That of one shop keeps no other from going on.
 */
export function noteStoreInterrupted({ storage }: TokenContext): void {
  storage.waryUntil = Math.max(storage.waryUntil, performance.now() + WARY_AFTER_INTERRUPTION_MS);
}
