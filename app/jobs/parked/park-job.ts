import sql from "sql-template-tag";
import type { Database } from "../../infra/database/database.ts";
import type { ShopJobName } from "../queue/job-types.ts";
import type { ShopDomain } from "../../infra/shop-domain.ts";

export interface Parking {
  shop: ShopDomain;
  job: ShopJobName;
  reason: "needs_reauthorization" | "suspended";
  code: string;
  /** The generation of the shop's token when the job started. */
  generation: number;
  /** Try again after this even if nothing changes; milliseconds by the database's clock. */
  retryAfterMs: number | undefined;
}

/** Parks a job. One row per shop and job: parking it again keeps the time of the first. */
export async function parkJob(db: Database, parking: Parking): Promise<void> {
  const { shop, job, reason, code, generation } = parking;
  const retryAfter = parking.retryAfterMs ?? null;
  await db.execute(sql`
    INSERT INTO expand_contract."ParkedJob" ("shop", "job", "reason", "code", "generation", "retryAt")
    VALUES (${shop}, ${job}, ${reason}, ${code}, ${generation}, now() + ${retryAfter}::float8 * interval '1 millisecond')
    ON CONFLICT ("shop", "job") DO UPDATE
    SET "reason" = excluded."reason", "code" = excluded."code", "generation" = excluded."generation", "retryAt" = excluded."retryAt"`);
}

/** The generation of a shop's token: 0 for a shop that never had a pair. */
export async function readGeneration(db: Database, shop: ShopDomain): Promise<number> {
  const [row] = await db.query<{ generation: number }[]>(sql`
    SELECT "generation" FROM expand_contract."ShopToken" WHERE "shop" = ${shop}`);
  return row?.generation ?? 0;
}
