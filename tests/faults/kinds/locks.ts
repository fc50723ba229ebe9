import pg from "pg";
import { type Fault, type FaultContext, sleep } from "../fault.ts";

/** Another client holds what `statement` locks, in a transaction that it leaves open. */
async function hold({ world, seconds, onEnd }: FaultContext, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: world.databaseUrl, application_name: "holder" });
  onEnd(() => client.end().catch(() => {}));
  await client.connect();
  await client.query("BEGIN");
  await client.query(statement);
  await sleep(seconds * 1_000);
  await client.query("COMMIT");
}

export const locks: Record<string, Fault> = {
  "table-locked": {
    title:
      "Another client holds a lock on `Session` for 30 s (ACCESS EXCLUSIVE, as an ALTER TABLE does) in the middle of a migration",
    seconds: 30,
    inRun: true,
    happen: (context) => hold(context, `LOCK TABLE "Session" IN ACCESS EXCLUSIVE MODE`),
  },
  "rows-held": {
    title:
      "Another client holds half of the rows of `Session` for 30 s (SELECT … FOR UPDATE) in the middle of a migration",
    seconds: 30,
    inRun: true,
    happen: (context) => hold(context, `SELECT FROM "Session" WHERE right(md5("id"), 1) < '8' FOR UPDATE`),
  },
};
