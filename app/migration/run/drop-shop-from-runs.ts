import sql from "sql-template-tag";
import type { Database } from "../../infra/database/database.ts";

/**
 * Deletes a shop's name from the runs: its outcomes, and where it was named in what a run was started with or ended by. The counts of
 * the runs stay. A run that is at work reads on from its beginning, and passes over what it has taken up.
 */
export async function forgetShop(db: Database, shop: string): Promise<void> {
  const mention = `(^|[^a-z0-9-])${shop.toLowerCase().replaceAll(".", "[.]")}`;
  await db.transaction(async (tx) => {
    await tx.execute(sql`DELETE FROM expand_contract."MigrationOutcome" WHERE "shop" = ${shop.toLowerCase()}`);
    await tx.execute(sql`
      UPDATE expand_contract."MigrationRun" r SET
        "options" = regexp_replace(r."options"::text, ${mention}, '\\1(redacted)', 'gi')::jsonb,
        "plan" = regexp_replace(r."plan"::text, ${mention}, '\\1(redacted)', 'gi')::jsonb,
        "haltReason" = regexp_replace(r."haltReason", ${mention}, '\\1(redacted)', 'gi'),
        "notice" = regexp_replace(r."notice", ${mention}, '\\1(redacted)', 'gi'),
        "cursor" = CASE WHEN r."cursor" ~* ${mention} THEN '' ELSE r."cursor" END
      WHERE r::text ~* ${mention}`);
  });
}
