import sql from "sql-template-tag";
import { services } from "../../services.server.ts";

/** What `GET /admin/scopes` says: which scopes the app asks for, and what shops have granted. */
export interface ScopesReport {
  /** SCOPES of the environment. */
  scopes: string[];
  /** Shops with an offline session. */
  shops: number;
  /** What they granted, as it was stored, and how many shops did so; the most frequent first. */
  granted: { scope: string; shops: number }[];
}

const MOST_KINDS = 1_000;

/** `GET /admin/scopes`. Reads the offline sessions once, so it is for people, not for monitors. */
export async function showScopes(): Promise<Response> {
  const { db, env } = services;
  const granted = await db.query<ScopesReport["granted"]>(sql`
    SELECT coalesce("scope", '') AS "scope", count(*)::int AS "shops" FROM "Session" WHERE NOT "isOnline"
    GROUP BY 1 ORDER BY 2 DESC LIMIT ${MOST_KINDS}`);
  const shops = granted.reduce((sum, kind) => sum + kind.shops, 0);
  return Response.json({ scopes: [...env.SCOPES], shops, granted } satisfies ScopesReport);
}
