import sql, { raw } from "sql-template-tag";
import type { Database } from "../../infra/database/database.ts";
import { PERMANENT_TOKEN_PREDICATE, tokenFingerprint } from "../../tokens/index.ts";
import { permanentSession } from "./permanent-sessions.ts";

const permanent = raw(PERMANENT_TOKEN_PREDICATE);
const fingerprint = raw(tokenFingerprint("s"));

/** Whether the app has started in contract before, and since when that is remembered. */
export async function hasReachedContract(db: Database): Promise<boolean> {
  const [row] = await db.query<[{ reached: boolean }]>(
    sql`SELECT EXISTS (SELECT FROM expand_contract."ContractStart") AS "reached"`,
  );
  return row.reached;
}

/**
 * Remembers that contract is reached, and which permanent tokens were there then: what Shopify would not serve. Of any number of
 * instances that start at once one writes. Harmless to repeat: the first time stands.
 */
export async function recordContractStart(db: Database): Promise<void> {
  await db.execute(sql`
    WITH begun AS (INSERT INTO expand_contract."ContractStart" ("id") VALUES (1) ON CONFLICT DO NOTHING RETURNING 1)
    INSERT INTO expand_contract."ContractLeftover" ("sessionId", "fingerprint")
    SELECT s."id", ${fingerprint} FROM "Session" s WHERE ${permanent} AND EXISTS (SELECT FROM begun)
    ON CONFLICT DO NOTHING`);
}

/** The app mints permanent tokens again (phase legacy): what was known of a contract before says nothing any more. */
export async function forgetContractStart(db: Database): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`DELETE FROM expand_contract."ContractLeftover"`);
    await tx.execute(sql`DELETE FROM expand_contract."ContractStart"`);
  });
}

/**
 * Permanent tokens that were stored after contract was reached; 0 while it has not been. A token that was there then is the same one in a row
 * that got another id since, by a run or by hand.
 */
export async function countTokensSinceContract(db: Database): Promise<number> {
  const [row] = await db.query<[{ count: number }]>(sql`
    SELECT count(*)::int AS "count" FROM "Session" s
    WHERE ${permanentSession} AND EXISTS (SELECT FROM expand_contract."ContractStart")
      AND NOT EXISTS (SELECT FROM expand_contract."ContractLeftover" l WHERE l."fingerprint" = ${fingerprint})`);
  return row.count;
}
