import sql, { raw } from "sql-template-tag";
import type { Database } from "../../../../infra/database/database.ts";
import type { SessionLayout } from "../../../../infra/database/session-layout.ts";
import { FOURTEEN_DAYS_MS } from "../../../../tokens/renew/timing.ts";

/** A refresh token that ends soon unless it is used. */
export interface EndingChain {
  shop: string;
  /** Milliseconds since the epoch. */
  endsAt: number;
}

const SHOWN = 5;

/** The chains that end within 14 days, the most urgent first; a page of the index on `refreshTokenExpires`. */
export async function readEndingChains(db: Database, layout: SessionLayout, now: number): Promise<EndingChain[]> {
  const [from, until] = [now, now + FOURTEEN_DAYS_MS].map((ms) =>
    layout.stored("refreshTokenExpires", sql`${new Date(ms).toISOString()}::timestamptz`),
  );
  return db.query<EndingChain[]>(sql`
    SELECT lower("shop") AS "shop", ${raw(layout.msOf('"refreshTokenExpires"'))} AS "endsAt" FROM "Session"
    WHERE NOT "isOnline" AND "refreshToken" IS NOT NULL AND "refreshToken" <> ''
      AND "refreshTokenExpires" >= ${from} AND "refreshTokenExpires" < ${until}
    ORDER BY "refreshTokenExpires" LIMIT ${SHOWN}`);
}
