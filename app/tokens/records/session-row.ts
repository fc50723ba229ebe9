import type { SessionLayout } from "../../infra/database/session-layout.ts";
import { LIFE_COLUMNS, type LifeRow } from "./read-life.ts";
import { isNotExchangeable, isRefusedForGood, tokenFingerprint } from "./permanent-token.ts";

/** How long a permanent token that Shopify would not exchange is not offered again, except by a migration run. */
const NOT_EXCHANGED_AGAIN_FOR = "interval '1 day'";

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

/** The statement that reads a shop's offline session: $1 is its id, $2 the shop. */
export const readStatement = (
  layout: SessionLayout,
): string => `SELECT ${sessionColumns(layout)} FROM "Session" s LEFT JOIN expand_contract."ShopToken" t ON t."shop" = $2
  WHERE s."id" = $1 AND NOT s."isOnline"`;

/** A row of `stateStatement`: without a session its id is null. */
export type StateRow = LifeRow & (SessionRow | { id: null });

/** The same with the shop's life, and a row whether or not there is a session. */
export const stateStatement = (
  layout: SessionLayout,
): string => `SELECT ${sessionColumns(layout)}, ${LIFE_COLUMNS} FROM (SELECT $1::text AS "id", $2::text AS "shop") AS k
  LEFT JOIN "Session" s ON s."id" = k."id" AND NOT s."isOnline" LEFT JOIN expand_contract."ShopToken" t ON t."shop" = k."shop"`;
