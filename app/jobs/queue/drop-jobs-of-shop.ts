import sql from "sql-template-tag";
import type { PgBoss } from "pg-boss";
import type { Database } from "../../infra/database/database.ts";
import type { ShopDomain } from "../../infra/shop-domain.ts";
import { JOBS_SCHEMA } from "../../schema/own-schema.ts";

/** A shop's domain where it is named in a text, and not at the end of another shop's. */
function mentionOf(shop: string): string {
  return `(^|[^a-z0-9-])${shop.replaceAll(".", "[.]")}`;
}

/** Deletes what background work keeps about a shop: jobs that wait, are parked, are done or dead; and its name in what others report. */
export async function forgetShop(db: Database, boss: PgBoss, shop: ShopDomain): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`DELETE FROM expand_contract."Shop" WHERE "shop" = ${shop}`);
    await tx.execute(sql`DELETE FROM expand_contract."ParkedJob" WHERE "shop" = ${shop}`);
  });
  const queue = boss.getDb();
  await queue.executeSql(`DELETE FROM ${JOBS_SCHEMA}.job WHERE "singleton_key" = $1 OR "data"->>'shop' = $1`, [shop]);
  const forgotten = (column: string) => `regexp_replace("${column}"::text, $1, '\\1(redacted)', 'g')::jsonb`;
  await queue.executeSql(
    `UPDATE ${JOBS_SCHEMA}.job SET "output" = ${forgotten("output")}, "source_output" = ${forgotten("source_output")}
     WHERE "output"::text ~ $1 OR "source_output"::text ~ $1`,
    [mentionOf(shop)],
  );
}
