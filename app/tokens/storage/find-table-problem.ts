import type { Queryable } from "../../infra/database/database.ts";
import type { StorageProblem } from "../errors.ts";
import { findClosedTables } from "./problem/access-problem.ts";

/**
 * What is wrong with the tables though a pair would be kept: rights that the role lacks on our own, and rows that no part of the app sees. Asks
 * the catalogue; where `isOnline` may be null, the table as well.
 * @returns what is wrong, with what mends it, or undefined.
 * @throws errors of the database.
 */
export async function findTableProblem(db: Queryable): Promise<StorageProblem | undefined> {
  return (await findClosedTables(db)) ?? findUnmarkedRows(db);
}

/** Sessions that are neither online nor offline: every storage takes them for offline, and no query of this app finds them. */
export async function findUnmarkedRows(db: Queryable): Promise<StorageProblem | undefined> {
  const [column] = await db.query<{ isNullable: boolean }[]>({
    text: `SELECT NOT attnotnull AS "isNullable" FROM pg_attribute WHERE attrelid = to_regclass('"Session"') AND attname = 'isOnline' AND NOT attisdropped`,
    values: [],
  });
  if (!column?.isNullable) return undefined;
  const [row] = await db.query<[{ found: boolean }]>({
    text: `SELECT EXISTS (SELECT FROM "Session" WHERE "isOnline" IS NULL) AS "found"`,
    values: [],
  });
  if (!row.found) return undefined;
  return {
    kind: "unmarked_rows",
    what: `rows of "Session" have no value in "isOnline", so the app does not find them: their tokens are neither migrated nor counted`,
    remedy: `UPDATE "Session" SET "isOnline" = false WHERE "isOnline" IS NULL; ALTER TABLE "Session" ALTER COLUMN "isOnline" SET DEFAULT false;`,
  };
}
