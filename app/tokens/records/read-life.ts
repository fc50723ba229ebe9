import type { TokenContext } from "../context.ts";
import type { TokenLife } from "../types.ts";

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
}

/**
 * Reads it. A shop without a row has generation 0. Times are read as milliseconds: the driver adapter of Prisma 6.19 drops the
 * offset of a timestamptz, and would be wrong on a database whose time zone is not UTC.
 */
export async function readLife(ctx: TokenContext, shop: string): Promise<TokenLife> {
  const [row] = await ctx.prisma.$queryRaw<LifeRow[]>`
    SELECT "generation", "needsReauthWhy", "suspendedWhy",
      (EXTRACT(EPOCH FROM "needsReauthAt") * 1000)::float8 AS "needsReauthMs",
      (EXTRACT(EPOCH FROM "suspendedAt") * 1000)::float8 AS "suspendedMs",
      (EXTRACT(EPOCH FROM "uninstalledAt") * 1000)::float8 AS "uninstalledMs",
      (EXTRACT(EPOCH FROM "acquiredAt") * 1000)::float8 AS "acquiredMs",
      (EXTRACT(EPOCH FROM "migratedAt") * 1000)::float8 AS "migratedMs",
      (EXTRACT(EPOCH FROM "refreshedAt") * 1000)::float8 AS "refreshedMs"
    FROM "ShopToken" WHERE "shop" = ${shop}`;
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
