import { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";

/**
 * The columns of an offline session, for `toSession`, from a row named `s`. Raw SQL: a query of Prisma's models is compiled anew each
 * time (measured: half a millisecond of processor for this one), and nearly every request makes this one. Times are read as
 * milliseconds: they are kept in UTC, whatever the database's time zone.
 */
export const SESSION_COLUMNS = `s."id", s."state", s."scope", s."accessToken", s."refreshToken",
  (EXTRACT(EPOCH FROM s."expires") * 1000)::float8 AS "expiresMs",
  (EXTRACT(EPOCH FROM s."refreshTokenExpires") * 1000)::float8 AS "refreshTokenExpiresMs"`;

export interface SessionRow {
  id: string;
  state: string;
  scope: string | null;
  accessToken: string;
  refreshToken: string | null;
  expiresMs: number | null;
  refreshTokenExpiresMs: number | null;
}

const READ_SESSION = `SELECT ${SESSION_COLUMNS} FROM "Session" s WHERE s."id" = $1 AND NOT s."isOnline"`;

/**
 * A shop's offline session as it is stored, refresh token included: for this folder only. Exactly one query.
 * @throws InvalidShopError for anything that is not a shop domain.
 */
export async function readSession(ctx: TokenContext, shop: string): Promise<Session | undefined> {
  const id = ctx.api.session.getOfflineId(shop);
  const [row] = await ctx.prisma.$queryRawUnsafe<SessionRow[]>(READ_SESSION, id);
  return row && toSession(shop, row);
}

export function toSession(shop: string, row: SessionRow): Session {
  return new Session({
    id: row.id,
    shop,
    state: row.state,
    isOnline: false,
    scope: row.scope ?? undefined,
    accessToken: row.accessToken || undefined,
    expires: date(row.expiresMs),
    refreshToken: row.refreshToken ?? undefined,
    refreshTokenExpires: date(row.refreshTokenExpiresMs),
  });
}

/** A copy for the world outside this folder: whoever holds no refresh token cannot refresh past the lease. */
export function withoutRefreshToken(session: Session): Session {
  const { refreshToken: _refreshToken, refreshTokenExpires: _expires, ...rest } = session.toObject();
  return new Session(rest);
}

function date(ms: number | null): Date | undefined {
  return ms === null ? undefined : new Date(ms);
}
