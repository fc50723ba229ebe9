import { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { explainSealError } from "../sealing/key-problem.ts";
import { unfitErrorOf } from "../storage/prove-storage.ts";
import { readStatement, type SessionRow } from "./session-row.ts";
import { normalShopName } from "./shop-name.ts";

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
  const row = await readRow(ctx, shop);
  return row && openSession(ctx, normalShopName(shop), row);
}

/** The same without opening its tokens: enough to say what they are worth. */
export async function readSealedSession(ctx: TokenContext, shop: string): Promise<StoredSession | undefined> {
  const row = await readRow(ctx, shop);
  return row && toSession(normalShopName(shop), row);
}

async function readRow(ctx: TokenContext, shop: string): Promise<SessionRow | undefined> {
  const name = normalShopName(shop);
  const id = ctx.api.session.getOfflineId(name);
  try {
    const [row] = await ctx.db.query<SessionRow[]>({ text: readStatement(ctx.sessions), values: [id, name] });
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

/** A copy for code outside this folder: without the refresh token it cannot refresh past the lease. */
export function withoutRefreshToken(session: Session): Session {
  const { refreshToken: _refreshToken, refreshTokenExpires: _expires, ...rest } = session.toObject();
  return new Session(rest);
}

function date(ms: number | null): Date | undefined {
  return ms === null ? undefined : new Date(ms);
}
