import { raw, type Sql } from "sql-template-tag";
import type { TokenContext } from "../context.ts";
import { postgresError } from "../../infra/database/database-error.ts";

const FOREIGN_KEY_VIOLATION = "23503";

/** What begins the statement that forgets rows of `Session`, up to the table that it is joined with. */
const DELETE = raw(`DELETE FROM "Session" USING`);
const EMPTY =
  raw(`UPDATE "Session" SET "accessToken" = '', "refreshToken" = NULL, "refreshTokenExpires" = NULL, "expires" = NULL,
  "scope" = NULL, "userId" = NULL, "firstName" = NULL, "lastName" = NULL, "email" = NULL FROM`);

/**
 * Runs a statement that forgets sessions. Where another table's foreign key keeps the rows from being deleted, they are emptied instead:
 * a webhook must not fail for ever, and a token must not stay.
 * @param run makes and runs the statement with what it is given in place of `DELETE FROM "Session" USING`.
 */
export async function forgetRows<T>(ctx: TokenContext, shop: string, run: (forget: Sql) => Promise<T>): Promise<T> {
  try {
    return await run(DELETE);
  } catch (error) {
    if (postgresError(error)?.originalCode !== FOREIGN_KEY_VIOLATION) throw error;
    ctx.log.warn({ shop }, "another table refers to this shop's row in Session: it was emptied, not deleted");
    return run(EMPTY);
  }
}
