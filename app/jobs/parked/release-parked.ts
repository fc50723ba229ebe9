import sql, { type Sql } from "sql-template-tag";
import type { Database } from "../../infra/database/database.ts";
import type { JobQueue } from "../queue/job-queue.ts";
import { SHOP_JOBS, type ShopJobName } from "../queue/job-types.ts";
import { requireShopDomain, type ShopDomain } from "../../infra/shop-domain.ts";

const PAGE = 100;

/**
 * Takes jobs out of the car park and lets them run, in one transaction per page: a job is either parked or queued, never neither.
 *
 * - `{ shop }`: all of one shop's, because it has come back.
 * - `{ newerTokenOf }`: those of one shop that were parked over an older token than it has now. Closes the gap between "the handler met
 *   a dead token" and "the job is parked", in which the shop may have come back unseen.
 * - `"due"`: over all shops, those whose time has come or whose shop has a newer token. The net below the other two.
 * @returns how many were released.
 */
export async function releaseParked(
  { db, queue }: { db: Database; queue: JobQueue },
  which: { shop: ShopDomain } | { newerTokenOf: ShopDomain } | "due",
): Promise<number> {
  const condition = conditionOf(which);
  for (let released = 0; ;) {
    const page = await db.transaction(async (transaction) => {
      const rows = await transaction.query<{ shop: string; job: string }[]>(sql`
        DELETE FROM expand_contract."ParkedJob" WHERE ("shop", "job") IN (
          SELECT p."shop", p."job" FROM expand_contract."ParkedJob" p LEFT JOIN expand_contract."ShopToken" t ON t."shop" = p."shop"
          WHERE ${condition} LIMIT ${PAGE} FOR UPDATE OF p SKIP LOCKED)
        RETURNING "shop", "job"`);
      for (const { shop, job } of rows) {
        // A job type that this release no longer has cannot be run.
        if (isShopJob(job)) await queue.bringForward(job, requireShopDomain(shop), transaction);
      }
      return rows.length;
    });
    released += page;
    if (page < PAGE) return released;
  }
}

function conditionOf(which: { shop: ShopDomain } | { newerTokenOf: ShopDomain } | "due"): Sql {
  const newerToken = sql`t."generation" > p."generation"`;
  if (which === "due") return sql`(p."retryAt" <= now() OR ${newerToken})`;
  if ("shop" in which) return sql`p."shop" = ${which.shop}`;
  return sql`p."shop" = ${which.newerTokenOf} AND ${newerToken}`;
}

function isShopJob(name: string): name is ShopJobName {
  return (SHOP_JOBS as readonly string[]).includes(name);
}
