// Proves that a test's database is a clone with the current schema and no rows.
import { expect, test } from "vitest";
import { createTestDatabase, testDatabase } from "../support/postgres.ts";

const database = testDatabase();

test("a cloned database has the current schema and nobody else's rows", async () => {
  const other = await createTestDatabase();
  try {
    await other.query(
      `INSERT INTO "Session" (id, shop, state, "accessToken") VALUES ('1', 'a.myshopify.com', '', 'x')`,
    );
    expect(await other.query(`SELECT count(*)::int AS n FROM "Session"`)).toEqual([{ n: 1 }]);
    expect(await database.current.query(`SELECT count(*)::int AS n FROM "Session"`)).toEqual([{ n: 0 }]);
  } finally {
    await other.drop();
  }
});
