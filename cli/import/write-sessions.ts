import { quoteIdent } from "../../app/infra/database/quote.ts";
import type { Connection, Place } from "../../app/schema/own-schema.ts";
import type { ImportedSession } from "./to-session.ts";

export interface Written {
  /** Rows that were not there. */
  inserted: number;
  /** Rows that were there with an older pair, or with a permanent token in the place of a living pair. */
  updated: number;
}

const COLUMNS = {
  id: "text",
  shop: "text",
  state: "text",
  isOnline: "boolean",
  scope: "text",
  expires: "timestamp(3)",
  accessToken: "text",
  userId: "bigint",
  firstName: "text",
  lastName: "text",
  email: "text",
  accountOwner: "boolean",
  locale: "text",
  collaborator: "boolean",
  emailVerified: "boolean",
  refreshToken: "text",
  refreshTokenExpires: "timestamp(3)",
} satisfies Record<keyof ImportedSession, string>;

const NAMES = Object.keys(COLUMNS) as (keyof ImportedSession)[];
const list = (write: (name: keyof ImportedSession) => string) => NAMES.map(write).join(", ");

/**
 * What was issued later wins. A refresh token gets its ninety days when it is issued, so the pair that ends later is the later one. A permanent token
 * replaces nothing: which of two is newer cannot be told, and a pair always is. A pair that has ended replaces no permanent token.
 */
const isNewer = (now: string) =>
  `
  s."accessToken" <> '' AND CASE
    WHEN e."isOnline" THEN s."isOnline" AND e."expires" > s."expires"
    WHEN e."refreshToken" IS NULL THEN false
    WHEN COALESCE(s."refreshToken", '') = '' THEN e."refreshTokenExpires" > ${now}
    ELSE (e."refreshTokenExpires", e."expires") > (s."refreshTokenExpires", s."expires")
  END`.replaceAll("e.", "EXCLUDED.");

/** Times as each storage keeps them; see app/infra/database/session-layout.ts. */
const LAYOUTS = {
  prisma: { now: `now() AT TIME ZONE 'UTC'`, stored: (name: string) => quoteIdent(name) },
  postgresql: {
    now: "EXTRACT(EPOCH FROM now()) * 1000",
    stored: (name: string) =>
      name === "expires"
        ? `floor(EXTRACT(EPOCH FROM "expires"))::integer`
        : name === "refreshTokenExpires"
          ? `floor(EXTRACT(EPOCH FROM "refreshTokenExpires") * 1000)::bigint`
          : quoteIdent(name),
  },
};

/** Stores sessions that are new or newer, in one statement. @param dryRun rolls it back: the counts are those of a real run. */
export async function writeSessions(
  connection: Connection,
  place: Place,
  sessions: readonly ImportedSession[],
  dryRun: boolean,
): Promise<Written> {
  const layout = LAYOUTS[place.sessions.layout];
  const statement = `
    WITH written AS (
      INSERT INTO ${quoteIdent(place.appSchema)}.${quoteIdent(place.sessions.name)} AS s (${list(quoteIdent)})
      SELECT ${list(layout.stored)} FROM jsonb_to_recordset($1::jsonb) AS g (${list((name) => `${quoteIdent(name)} ${COLUMNS[name]}`)})
      ON CONFLICT ("id") DO UPDATE SET ${list((name) => `${quoteIdent(name)} = EXCLUDED.${quoteIdent(name)}`)}
      WHERE ${isNewer(layout.now)}
      RETURNING (s.xmax = 0) AS "isNew"
    )
    SELECT count(*) FILTER (WHERE "isNew")::int AS "inserted", count(*) FILTER (WHERE NOT "isNew")::int AS "updated" FROM written`;
  const rows = sessions.map((session) => ({
    ...session,
    expires: utc(session.expires),
    refreshTokenExpires: utc(session.refreshTokenExpires),
  }));
  if (!dryRun) return (await connection.query<Written & object>(statement, [JSON.stringify(rows)])).rows[0]!;
  await connection.query("BEGIN");
  try {
    return (await connection.query<Written & object>(statement, [JSON.stringify(rows)])).rows[0]!;
  } finally {
    await connection.query("ROLLBACK");
  }
}

/** Without a zone, as the column has it. */
function utc(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().slice(0, -1);
}
