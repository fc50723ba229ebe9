import sql from "sql-template-tag";
import { z } from "zod";
import type { ShopJobContext } from "../queue/job-types.ts";

const QUERY = `#graphql
  query RefreshShop {
    shop {
      name
      plan {
        publicDisplayName
      }
    }
  }
`;

const answer = z.object({ shop: z.object({ name: z.string(), plan: z.object({ publicDisplayName: z.string() }) }) });

/** Reads the shop's name and plan from the Admin API into the table Shop. After an installation and after app/scopes_update. */
export async function refreshShop({ shop, admin, db, clock, signal }: ShopJobContext): Promise<void> {
  const { shop: found } = answer.parse(await admin.graphql(QUERY, { signal }));
  const fetchedAt = new Date(clock()).toISOString();
  await db.execute(sql`
    INSERT INTO expand_contract."Shop" ("shop", "name", "plan", "fetchedAt")
    VALUES (${shop}, ${found.name}, ${found.plan.publicDisplayName}, ${fetchedAt}::timestamptz)
    ON CONFLICT ("shop") DO UPDATE
    SET "name" = excluded."name", "plan" = excluded."plan", "fetchedAt" = excluded."fetchedAt"`);
}
