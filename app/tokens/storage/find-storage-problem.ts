import { postgresError } from "../../infra/database/database-error.ts";
import type { TokenContext } from "../context.ts";
import { type StorageProblem, StorageUnfitError } from "../errors.ts";
import { PERMANENT_TOKEN_PREDICATE } from "../records/permanent-token.ts";
import { JOIN_SHOP_TOKEN, REMAINING_REASON } from "../records/remaining-tokens.ts";
import { describeLock } from "./problem/describe-lock.ts";
import { proveStorage, unfitErrorOf } from "./prove-storage.ts";

/** Monitors ask every few seconds and wait for two at most. */
const MONITOR_LOCK_TIMEOUT_MS = 300;

/** Rows that are looked through for those that a run would still migrate. */
const LOOKED_THROUGH = 1_000;

/** Other permanent rows on which is tried whether they are taken. */
const MOST_OTHERS = 3;

/** First what a run would take up, then permanent rows that Shopify does not serve: they lie there for years. Which ones is left to chance. */
const PERMANENT = `SELECT lower(s."shop") AS "shop", ${REMAINING_REASON} <> 'migratable' AS n, random() AS r
  FROM (SELECT * FROM "Session" WHERE ${PERMANENT_TOKEN_PREDICATE} LIMIT ${LOOKED_THROUGH}) s ${JOIN_SHOP_TOKEN}
  WHERE s."id" = 'offline_' || s."shop" AND lower(s."shop") NOT IN (SELECT jsonb_array_elements_text($1::jsonb)) ORDER BY n, r LIMIT ${MOST_OTHERS}`;
const ANY = `SELECT lower("shop") AS "shop" FROM "Session" WHERE NOT "isOnline" AND coalesce("refreshToken", '') <> '' AND "id" LIKE 'offline\\_%' AND lower("shop") NOT IN (SELECT jsonb_array_elements_text($1::jsonb)) LIMIT 1`;

/** What depends on a row's values. The rest is the table's, or the role's. */
const OF_ROWS = /^(check|foreign_key|unique|trigger|not_written|refused|no_partition|too_narrow|hiding_view)$/;

/** Refused rows that a process remembers. */
const MOST_REFUSED = 1_000;

/** No shop of this name is installed; a table without rows says nothing about foreign keys. */
const NO_SHOP = "proof-of-storage.myshopify.com";

/** How long an answer serves those who ask every few seconds; a problem is looked at again sooner, for those who mend it. */
const FIT_FOR_MS = 10_000;
const UNFIT_FOR_MS = 1_000;

/**
 * `findStorageProblem` for monitors: at most six proofs a minute while all is well.
 * @throws errors of a database that is away.
 */
export async function recentStorageProblem(ctx: TokenContext): Promise<StorageProblem | undefined> {
  const { checked } = ctx.storage;
  if (checked && performance.now() < checked.until) return checked.problem;
  const problem = await findStorageProblem(ctx);
  ctx.storage.checked = { problem, until: performance.now() + (problem ? UNFIT_FOR_MS : FIT_FOR_MS) };
  return problem;
}

/**
 * The proof without a shop at hand, for those who look after the app: on a permanent session, else on any, else on none. A row that another
 * transaction holds says nothing about the table: then the proof is made without one.
 * @returns what is wrong, or undefined. Of the kind `locked` where the whole table is held: that passes when it is let go. With a `shop` where
 * other rows are taken. Never spends anything.
 * @throws errors of a database that is away.
 */
export async function findStorageProblem(ctx: TokenContext): Promise<StorageProblem | undefined> {
  const options = { lockTimeoutMs: MONITOR_LOCK_TIMEOUT_MS };
  let shop = NO_SHOP;
  try {
    [shop = NO_SHOP] = [...(await shops(ctx, PERMANENT)), ...(await shops(ctx, ANY))];
    await proveStorage(ctx, shop, options).catch((error: unknown) => {
      if (!isLockTimeout(error)) throw error;
      return proveStorage(ctx, NO_SHOP, options);
    });
    return undefined;
  } catch (error) {
    if (isLockTimeout(error)) return describeLock(ctx.db);
    const unfit = await unfitErrorOf(ctx, NO_SHOP, error, { mayQuote: true });
    if (!unfit) throw error;
    const isOwn =
      shop !== NO_SHOP && (await keepsOthers(ctx, shop, unfit.problem, { ...options, expiringCounts: true }));
    return isOwn
      ? { ...unfit.problem, what: `${unfit.problem.what}; met at ${shop}, while other rows are taken`, shop }
      : unfit.problem;
  }
}

/**
 * Whether what keeps a shop's pair from being stored is that row's own: the database is proven to keep one for another shop.
 * @param options.expiringCounts the row of a shop that has a pair is such a proof. Unless told, only where every other permanent row that is left
 * is refused too: a trigger may take the one kind and refuse the other.
 */
export async function keepsOthers(
  ctx: TokenContext,
  shop: string,
  { kind }: StorageProblem,
  { expiringCounts = false, lockTimeoutMs }: { expiringCounts?: boolean; lockTimeoutMs?: number } = {},
): Promise<boolean> {
  // Where the proof holds on the very row, it is blind to the cause, and holds for others just as well.
  if (!OF_ROWS.test(kind) || !(await isRefused(ctx, shop, lockTimeoutMs))) return false;
  const { refused } = ctx.storage;
  const but = [shop, ...refused];
  const permanent = await shops(ctx, PERMANENT, but).catch(() => [NO_SHOP]);
  let isLeft = permanent.length === MOST_OTHERS;
  for (const others of [() => Promise.resolve(permanent), () => shops(ctx, ANY, but).catch(() => [])]) {
    for (const other of await others()) {
      try {
        await proveStorage(ctx, other, { lockTimeoutMs });
        if (refused.size < MOST_REFUSED) refused.add(shop);
        return true;
      } catch (error) {
        // The next one, unless it is the database's trouble.
        if (isLockTimeout(error)) isLeft = true;
        else if (!(error instanceof StorageUnfitError)) return false;
      }
    }
    if (isLeft && !expiringCounts) return false;
  }
  return false;
}

async function isRefused(ctx: TokenContext, shop: string, lockTimeoutMs?: number): Promise<boolean> {
  const error: unknown = await proveStorage(ctx, shop, { lockTimeoutMs }).catch((caught: unknown) => caught);
  return error instanceof StorageUnfitError;
}

async function shops({ db }: TokenContext, text: string, but: readonly string[] = []): Promise<string[]> {
  const rows = await db.query<{ shop: string }[]>({ text, values: [JSON.stringify(but)] });
  return rows.map(({ shop }) => shop).filter((name) => /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/.test(name));
}

const isLockTimeout = (error: unknown): boolean => postgresError(error)?.originalCode === "55P03";
