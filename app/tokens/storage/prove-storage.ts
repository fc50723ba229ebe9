import sql from "sql-template-tag";
import { randomBytes, randomUUID } from "node:crypto";
import { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { type StorageProblem, StorageUnfitError } from "../errors.ts";
import { readStatement, type SessionRow } from "../records/session-row.ts";
import { REFRESH_TOKEN_LIFETIME_MS } from "../renew/timing.ts";
import { requireTokenKeys, withTableNamed } from "../sealing/key-problem.ts";
import { SealError } from "../sealing/sealed-value.ts";
import type { RowTokens } from "../sealing/vault.ts";
import { findHiddenRows } from "./problem/access-problem.ts";
import { describeStorageProblem, heldByChildren, notWritten } from "./problem/storage-problem.ts";
import { type StoreTarget, writePair } from "./write-pair.ts";

/** How long the proof waits for a locked row; after that nothing is proven, and the call is tried again. Milliseconds. */
const LOCK_TIMEOUT_MS = 2_000;
/** The proof takes a few milliseconds; these bounds are for a database that hangs. */
const TRANSACTION = { maxWait: 5_000, timeout: 8_000 };

/** Ends the transaction; nothing of it stays. */
class RolledBack extends Error {}

/**
 * Proves that this database keeps a pair for a shop: the very statement that stores one, on the shop's own row, with a pair that is
 * made up, and every constraint checked; then it is read back, with the very statement that reads sessions, and rolled back.
 * @throws StorageUnfitError saying what is wrong by name, and what mends it. Errors of a database that is away pass as they are.
 */
export async function proveStorage(
  ctx: TokenContext,
  shop: string,
  { lockTimeoutMs = LOCK_TIMEOUT_MS }: { lockTimeoutMs?: number } = {},
): Promise<void> {
  await requireTokenKeys(ctx, shop);
  try {
    await tryToStore(ctx, shop, lockTimeoutMs);
  } catch (error) {
    throw (await unfitErrorOf(ctx, shop, error, { mayQuote: true })) ?? error;
  }
}

/** What an error of the database means where a pair is concerned; undefined for what passes by itself. */
export async function unfitErrorOf(
  ctx: TokenContext,
  shop: string,
  error: unknown,
  options: { mayQuote: boolean },
): Promise<StorageUnfitError | undefined> {
  if (error instanceof StorageUnfitError) return error;
  const judgesTimes = judgesTimesOf(ctx);
  const problem = await describeStorageProblem(ctx.db, error, { ...options, judgesTimes }).catch(() => undefined);
  return problem && new StorageUnfitError(shop, withTableNamed(ctx, problem));
}

const judgesTimesOf = ({ sessions }: TokenContext): boolean => sessions.name === "prisma";

async function tryToStore(ctx: TokenContext, shop: string, lockTimeoutMs: number): Promise<void> {
  const id = ctx.api.session.getOfflineId(shop);
  const owner = randomUUID();
  const pair = madeUpPair(ctx, id, shop);
  let problem: StorageProblem | undefined;
  await ctx.db
    .transaction(async (tx) => {
      await tx.execute({ text: `SET LOCAL lock_timeout = ${lockTimeoutMs}`, values: [] });
      const [row] = await tx.query<StoreTarget[]>(sql`
        INSERT INTO expand_contract."ShopToken" AS t ("shop", "leaseOwner", "leaseExpiresAt")
        VALUES (${shop}, ${owner}, clock_timestamp() + interval '1 minute')
        ON CONFLICT ("shop") DO UPDATE SET "leaseOwner" = EXCLUDED."leaseOwner", "leaseExpiresAt" = EXCLUDED."leaseExpiresAt"
        RETURNING t."shop", ${id}::text AS "id", ${owner}::text AS "owner", t."generation"`);
      const isWritten = row !== undefined && (await writePair(ctx, tx, row, pair, "migrated", ctx.clientSecret));
      await tx.execute({ text: `SET CONSTRAINTS ALL IMMEDIATE`, values: [] });
      const stored = await tx.query<SessionRow[]>({ text: readStatement(ctx.sessions), values: [id, shop] });
      const isKept = isWritten && stored.length === 1 && isAsGiven(ctx, stored[0]!, pair);
      problem = isKept
        ? ((await findHiddenRows(tx)) ?? (await heldByChildren(tx)))
        : await notWritten(tx, judgesTimesOf(ctx));
      throw new RolledBack();
    }, TRANSACTION)
    .catch((error: unknown) => {
      if (!(error instanceof RolledBack)) throw error;
    });
  if (problem) throw new StorageUnfitError(shop, withTableNamed(ctx, problem));
}

/** Opened, where tokens are sealed. */
function holds({ vault }: TokenContext, row: RowTokens, { accessToken, refreshToken }: Session): boolean {
  try {
    const stored = vault.open(row);
    return stored.accessToken === accessToken && stored.refreshToken === refreshToken;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
}

/** Tokens are compared here: in the database the padding of a `char(n)` would not show. Times may lose the fraction of a second. */
function isAsGiven(ctx: TokenContext, stored: SessionRow, pair: Session): boolean {
  const isNear = (ms: number | null, time: Date | undefined) => ms !== null && Math.abs(ms - time!.getTime()) <= 1_000;
  return (
    holds(ctx, stored, pair) &&
    isNear(stored.expiresMs, pair.expires) &&
    isNear(stored.refreshTokenExpiresMs, pair.refreshTokenExpires)
  );
}

/** Letters of both cases: Shopify does not say that its tokens have none of the other. */
const madeUp = (prefix: string) =>
  `${prefix}_${randomBytes(16)
    .toString("hex")
    .replace(/[a-c]/g, (one) => one.toUpperCase())}`;

/** As Shopify's answers are, with every field that is stored. */
function madeUpPair(ctx: TokenContext, id: string, shop: string): Session {
  return new Session({
    id,
    shop,
    state: "",
    isOnline: false,
    scope: ctx.api.config?.scopes?.toString() || "read_products",
    accessToken: madeUp("shpat"),
    refreshToken: madeUp("shprt"),
    expires: new Date(ctx.now() + 3_600_000),
    refreshTokenExpires: new Date(ctx.now() + REFRESH_TOKEN_LIFETIME_MS),
  });
}
