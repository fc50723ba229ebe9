import sql from "sql-template-tag";
import type { Database } from "../../../../infra/database/database.ts";
import { FOURTEEN_DAYS_MS } from "../../../../tokens/renew/timing.ts";

/** A refresh token that ends soon unless it is used. */
export interface EndingChain {
  shop: string;
  /** Milliseconds since the epoch. */
  endsAt: number;
}

const SHOWN = 5;

/** The chains that end within 14 days, the most urgent first; a page of the index on `refreshTokenExpires`. */
export async function readEndingChains(db: Database, now: number): Promise<EndingChain[]> {
  const [from, until] = [now, now + FOURTEEN_DAYS_MS].map((ms) => new Date(ms).toISOString());
  return db.query<EndingChain[]>(sql`
    SELECT lower("shop") AS "shop", (extract(epoch FROM "refreshTokenExpires") * 1000)::float8 AS "endsAt" FROM "Session"
    WHERE NOT "isOnline" AND "refreshToken" IS NOT NULL AND "refreshToken" <> ''
      AND "refreshTokenExpires" >= ${from}::timestamptz AT TIME ZONE 'UTC' AND "refreshTokenExpires" < ${until}::timestamptz AT TIME ZONE 'UTC'
    ORDER BY "refreshTokenExpires" LIMIT ${SHOWN}`);
}
