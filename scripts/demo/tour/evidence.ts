import type { Stage } from "../stage.ts";
import { LIVING_PERMANENT_SESSION } from "../../../app/tokens/records/remaining-tokens.ts";

/** What the app has stored for a shop. */
export interface StoredSession {
  shop: string;
  accessToken: string;
  refreshToken: string | null;
  expires: Date | null;
  refreshTokenExpires: Date | null;
}

const COLUMNS = '"shop", "accessToken", "refreshToken", "expires", "refreshTokenExpires"';

/** The offline rows of the app's session table; all of them, or of some shops. */
export async function storedSessions({ database }: Stage, shops?: string[]): Promise<StoredSession[]> {
  const { rows } = await database.query<StoredSession>(
    `SELECT ${COLUMNS} FROM "Session" WHERE NOT "isOnline" AND ($1::text[] IS NULL OR "shop" = ANY($1)) ORDER BY "shop"`,
    [shops ?? null],
  );
  return rows;
}

export async function storedSession(stage: Stage, shop: string): Promise<StoredSession | undefined> {
  return (await storedSessions(stage, [shop]))[0];
}

/** Counted by what a permanent token is, not by its prefix; one that Shopify refused for good is none. */
export async function countPermanentTokens({ database }: Stage): Promise<number> {
  const { rows } = await database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM "Session" s WHERE ${LIVING_PERMANENT_SESSION}`,
  );
  return rows[0]?.n ?? 0;
}

/** The token calls that reached the simulator after call number `after`. */
export async function tokenCalls({ sandbox }: Stage, shop: string | undefined, after = 0) {
  const calls = await sandbox.client.ledger.calls({ endpoint: "token", after, ...(shop ? { shop } : {}) });
  return calls.map(({ grant, outcome, status }) => ({ grant, outcome, status }));
}

/** The number of the last call that reached the simulator: a mark to look back to. */
export async function mark({ sandbox }: Stage): Promise<number> {
  return (await sandbox.client.ledger.calls()).reduce((most, { n }) => Math.max(most, n), 0);
}
