import { Session } from "@shopify/shopify-api";
import type { SessionLayout } from "../../infra/database/session-layout.ts";
import type { TokenContext } from "../context.ts";
import { explainSealError } from "../sealing/key-problem.ts";
import { isNotExchangeable, isRefusedForGood, tokenFingerprint } from "./permanent-token.ts";
import { normalShopName } from "./shop-name.ts";

/** How long a permanent token that Shopify would not exchange is not offered again, except by a migration run. */
const NOT_EXCHANGED_AGAIN_FOR = "interval '1 day'";

/** A session as stored, and what is on record about its very credential. */
export type StoredSession = Session & {
  /** Which credential it is (`tokenFingerprint`). */
  readonly fingerprint?: string;
  readonly refused?: string;
  readonly notExchangeable?: boolean;
};

/**
 * The columns of an offline session, for `toSession`: from a row of `Session` named `s` and its shop's row of `ShopToken` named `t`.
 * Raw SQL: a query of Prisma's models is compiled anew each time (measured: half a millisecond of processor for this one), and nearly
 * every request makes this one. Times are read as milliseconds: they are kept in UTC, whatever the database's time zone.
 */
export const sessionColumns = (
  layout: SessionLayout,
): string => `s."id", s."state", s."scope", s."accessToken", s."refreshToken",
  ${layout.msOf('s."expires"')} AS "expiresMs",
  ${layout.msOf('s."refreshTokenExpires"')} AS "refreshTokenExpiresMs",
  ${tokenFingerprint("s")} AS "fingerprint",
  CASE WHEN ${isRefusedForGood("s", "t")} THEN coalesce(t."needsReauthWhy", 'unknown') END AS "refused",
  (${isNotExchangeable("s", "t")} AND t."notExchangeableAt" > now() - ${NOT_EXCHANGED_AGAIN_FOR}) IS TRUE AS "notExchangeable"`;

export interface SessionRow {
  id: string;
  state: string;
  scope: string | null;
  accessToken: string;
  refreshToken: string | null;
  expiresMs: number | null;
  refreshTokenExpiresMs: number | null;
  fingerprint: string;
  refused: string | null;
  notExchangeable: boolean;
}

const readStatement = (
  layout: SessionLayout,
): string => `SELECT ${sessionColumns(layout)} FROM "Session" s LEFT JOIN expand_contract."ShopToken" t ON t."shop" = $2
  WHERE s."id" = $1 AND NOT s."isOnline"`;

/**
 * A shop's offline session as it is stored, refresh token included: for this folder only. Exactly one query.
 * @throws InvalidShopError for anything that is not a shop domain; UnreadableTokenError, StorageUnfitError for sealed tokens.
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
  const [row] = await ctx.db.query<SessionRow[]>({ text: readStatement(ctx.sessions), values: [id, name] });
  return row;
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
