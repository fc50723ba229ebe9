import sql, { raw } from "sql-template-tag";
import type { Database } from "../infra/database/database.ts";
import { PRISMA_LAYOUT, type SessionLayout } from "../infra/database/session-layout.ts";
import { isRefusedForGood } from "../tokens/index.ts";

const DAY_MS = 86_400_000;
/** Keep-alive refreshes a chain between day 30 and 40 of its 90: one with fewer days left than this was passed over for a month. */
export const ENDING_DAYS = 14;

/** Refresh tokens that end within `ENDING_DAYS` and that Shopify has not refused. */
export interface EndingChains {
  /** Of shops that could be refreshed now. */
  open: number;
  /** Of shops that are frozen, locked or closed: nothing can be done until they open again. */
  suspended: number;
}

const REFUSED = raw(isRefusedForGood("s", "t"));

/** Counts the chains that end soon, by the index on `refreshTokenExpires`. Those that have ended already are not among them. */
export async function countEndingChains(
  db: Database,
  now: number,
  layout: SessionLayout = PRISMA_LAYOUT,
): Promise<EndingChains> {
  const stored = (ms: number) => layout.stored("refreshTokenExpires", sql`${new Date(ms).toISOString()}::timestamptz`);
  const [row] = await db.query<EndingChains[]>(sql`
    SELECT (count(*) FILTER (WHERE t."suspendedAt" IS NULL))::int AS "open",
      (count(*) FILTER (WHERE t."suspendedAt" IS NOT NULL))::int AS "suspended"
    FROM "Session" s LEFT JOIN expand_contract."ShopToken" t ON t."shop" = lower(s."shop")
    WHERE NOT s."isOnline" AND s."refreshToken" IS NOT NULL AND s."refreshToken" <> ''
      AND s."refreshTokenExpires" >= ${stored(now)}
      AND s."refreshTokenExpires" < ${stored(now + ENDING_DAYS * DAY_MS)} AND NOT ${REFUSED}`);
  return row!;
}
