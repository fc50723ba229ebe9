import type { TokenContext } from "../context.ts";
import type { TokenLife } from "../types.ts";
import { isRefusedForGood } from "./permanent-token.ts";

const MOMENTS = ["suspended", "uninstalled", "acquired", "migrated", "refreshed"] as const;

/** For `toLife`; without a row of `ShopToken` there is no generation. */
export interface LifeRow extends Record<`${(typeof MOMENTS)[number] | "needsReauth"}Ms`, number | null> {
  generation: number | null;
  needsReauthWhy: string | null;
  suspendedWhy: string | null;
  leased: boolean;
}

/** A mark holds for the credential that it names, and where there is none. */
const MARK_HOLDS = `(s."id" IS NULL OR ${isRefusedForGood("s", "t")})`;

/**
 * The columns of a shop's life: from a row of `ShopToken` named `t` and the shop's offline session named `s`. Times are read as milliseconds:
 * the driver adapter of Prisma 6.19 drops the offset of a timestamptz, and would be wrong on a database whose time zone is not UTC.
 */
export const LIFE_COLUMNS = `t."generation", t."suspendedWhy",
  CASE WHEN ${MARK_HOLDS} THEN t."needsReauthWhy" END AS "needsReauthWhy",
  (EXTRACT(EPOCH FROM CASE WHEN ${MARK_HOLDS} THEN t."needsReauthAt" END) * 1000)::float8 AS "needsReauthMs",
  ${MOMENTS.map((what) => `(EXTRACT(EPOCH FROM t."${what}At") * 1000)::float8 AS "${what}Ms"`).join(", ")},
  COALESCE(t."leaseExpiresAt" > clock_timestamp(), false) AS "leased"`;

/** Reads it. A shop without a row has generation 0. */
export async function readLife(ctx: TokenContext, shop: string): Promise<TokenLife> {
  const [row] = await ctx.db.query<LifeRow[]>({
    text: `SELECT ${LIFE_COLUMNS} FROM expand_contract."ShopToken" t
      LEFT JOIN "Session" s ON s."id" = 'offline_' || t."shop" AND NOT s."isOnline" WHERE t."shop" = $1`,
    values: [shop],
  });
  return toLife(row);
}

export function toLife(row: LifeRow | undefined): TokenLife {
  if (!row || row.generation === null) return { generation: 0 };
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

/** @param ms since the epoch. */
export function date(ms: number | null): Date | undefined {
  return ms === null ? undefined : new Date(ms);
}
