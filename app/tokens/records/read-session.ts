import { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { explainSealError } from "../sealing/key-problem.ts";
import { unfitErrorOf } from "../storage/prove-storage.ts";
import { readStatement, type SessionRow, type StateRow, stateStatement } from "./session-row.ts";
import { normalShopName, offlineIdOf } from "./shop-name.ts";
import { date, toLife } from "./read-life.ts";
import type { TokenLife } from "../types.ts";

/** A session as stored, and what is on record about its very credential. */
export type StoredSession = Session & {
  /** Which credential it is (`tokenFingerprint`). */
  readonly fingerprint?: string;
  readonly refused?: string;
  readonly notExchangeable?: boolean;
};

/**
 * A shop's offline session as it is stored, refresh token included: for this folder only. Exactly one query.
 * @throws InvalidShopError for anything that is not a shop domain; UnreadableTokenError for sealed tokens; StorageUnfitError where the
 * table or the keys do not let it be read.
 */
export async function readSession(ctx: TokenContext, shop: string): Promise<StoredSession | undefined> {
  const row = await readOne<SessionRow>(ctx, shop, readStatement(ctx.sessions));
  return row && openSession(ctx, normalShopName(shop), row);
}

/** What is stored of a shop, session and life, in one query. The session's tokens are not opened: enough to say what they are worth. */
export async function readStored(
  ctx: TokenContext,
  shop: string,
): Promise<{ row: SessionRow | undefined; session: StoredSession | undefined; life: TokenLife }> {
  const read = (await readOne<StateRow>(ctx, shop, stateStatement(ctx.sessions)))!;
  const row = read.id === null ? undefined : read;
  return { row, session: row && toSession(normalShopName(shop), row), life: toLife(read) };
}

async function readOne<Row extends object>(ctx: TokenContext, shop: string, text: string): Promise<Row | undefined> {
  const name = normalShopName(shop);
  const id = offlineIdOf(ctx, name);
  try {
    const [row] = await ctx.db.query<Row[]>({ text, values: [id, name] });
    return row;
  } catch (error) {
    throw (await unfitErrorOf(ctx, name, error, { mayQuote: false })) ?? error;
  }
}

/**
 * A row with its tokens opened.
 * @throws UnreadableTokenError; StorageUnfitError while the keys are not the right ones.
 */
export async function openSession(ctx: TokenContext, shop: string, row: SessionRow): Promise<StoredSession> {
  try {
    const { accessToken, refreshToken } = ctx.vault.open(row);
    return toSession(shop, { ...row, accessToken: accessToken ?? "", refreshToken: refreshToken ?? null });
  } catch (error) {
    throw await explainSealError(ctx, shop, row.id, error);
  }
}

function toSession(shop: string, row: SessionRow): StoredSession {
  const session = new Session({
    id: row.id,
    shop,
    state: row.state,
    isOnline: false,
    scope: row.scope ?? undefined,
    accessToken: row.accessToken || undefined,
    expires: date(row.expiresMs),
    refreshToken: row.refreshToken || undefined,
    refreshTokenExpires: date(row.refreshTokenExpiresMs),
  });
  const { fingerprint, refused, notExchangeable } = row;
  return Object.assign(session, { fingerprint, refused: refused ?? undefined, notExchangeable });
}
