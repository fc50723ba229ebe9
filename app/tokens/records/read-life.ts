import sql, { raw } from "sql-template-tag";
import type { TokenContext } from "../context.ts";
import type { TokenLife } from "../types.ts";
import { isRefusedForGood } from "./permanent-token.ts";

interface LifeRow {
  generation: number;
  needsReauthWhy: string | null;
  suspendedWhy: string | null;
  needsReauthMs: number | null;
  suspendedMs: number | null;
  uninstalledMs: number | null;
  acquiredMs: number | null;
  migratedMs: number | null;
  refreshedMs: number | null;
  leased: boolean;
}

/** A mark holds for the credential that it names, and where there is none. */
const MARK_HOLDS = raw(`(s."id" IS NULL OR ${isRefusedForGood("s", "t")})`);

/**
 * Reads it. A shop without a row has generation 0. Times are read as milliseconds: the driver adapter of Prisma 6.19 drops the
 * offset of a timestamptz, and would be wrong on a database whose time zone is not UTC.
 */
export async function readLife(ctx: TokenContext, shop: string): Promise<TokenLife> {
  const [row] = await ctx.db.query<LifeRow[]>(sql`
    SELECT t."generation", t."suspendedWhy",
      CASE WHEN ${MARK_HOLDS} THEN t."needsReauthWhy" END AS "needsReauthWhy",
      (EXTRACT(EPOCH FROM CASE WHEN ${MARK_HOLDS} THEN t."needsReauthAt" END) * 1000)::float8 AS "needsReauthMs",
      (EXTRACT(EPOCH FROM "suspendedAt") * 1000)::float8 AS "suspendedMs",
      (EXTRACT(EPOCH FROM "uninstalledAt") * 1000)::float8 AS "uninstalledMs",
      (EXTRACT(EPOCH FROM "acquiredAt") * 1000)::float8 AS "acquiredMs",
      (EXTRACT(EPOCH FROM "migratedAt") * 1000)::float8 AS "migratedMs",
      (EXTRACT(EPOCH FROM "refreshedAt") * 1000)::float8 AS "refreshedMs",
      COALESCE("leaseExpiresAt" > clock_timestamp(), false) AS "leased"
    FROM expand_contract."ShopToken" t LEFT JOIN "Session" s ON s."id" = 'offline_' || t."shop" AND NOT s."isOnline"
    WHERE t."shop" = ${shop}`);
  if (!row) return { generation: 0 };
  return {
    generation: row.generation,
    needsReauthAt: date(row.needsReauthMs),
    needsReauthWhy: row.needsReauthWhy ?? undefined,
    suspendedAt: date(row.suspendedMs),
    suspendedWhy: row.suspendedWhy ?? undefined,
    uninstalledAt: date(row.uninstalledMs),
    acquiredAt: date(row.acquiredMs),
    migratedAt: date(row.migratedMs),
    refreshedAt: date(row.refreshedMs),
    leased: row.leased,
  };
}

/** When Shopify last issued something for the shop that was stored; milliseconds since the epoch. */
export function lastIssuedAt({ acquiredAt, migratedAt, refreshedAt }: TokenLife): number | undefined {
  const times = [acquiredAt, migratedAt, refreshedAt].flatMap((at) => (at ? [at.getTime()] : []));
  return times.length > 0 ? Math.max(...times) : undefined;
}

function date(ms: number | null): Date | undefined {
  return ms === null ? undefined : new Date(ms);
}
