import type { Queryable } from "../../../infra/database/database.ts";
import type { StorageProblem } from "../../errors.ts";

/** Locks of a table that keep rows from being written. */
const HOLDER = `
  SELECT l.pid, a.state, a.application_name AS "application", floor(EXTRACT(EPOCH FROM clock_timestamp() - a.xact_start))::int AS "seconds"
  FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.relation = to_regclass('"Session"') AND l.granted AND l.pid <> pg_backend_pid()
    AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  ORDER BY a.xact_start NULLS LAST LIMIT 1`;

interface Holder {
  pid: number;
  /** Of another role's session the rest is not shown. */
  state: string | null;
  application: string | null;
  seconds: number | null;
}

/** Who holds the whole table of sessions, so that no row of it can be written. */
export async function describeLock(db: Queryable): Promise<StorageProblem> {
  const [holder] = await db.query<Holder[]>({ text: HOLDER, values: [] });
  const details = [
    holder?.state,
    holder?.application && `"${holder.application.slice(0, 63)}"`,
    holder?.seconds != null && `for ${holder.seconds} s`,
  ].filter(Boolean);
  const who = holder
    ? `the process ${holder.pid} of Postgres${details.length > 0 ? ` (${details.join(", ")})` : ""}`
    : "another transaction";
  return {
    kind: "locked",
    what: `"Session" is locked by ${who}: no token can be stored until it lets go`,
    remedy: holder
      ? `Let it end, or: SELECT pg_terminate_backend(${holder.pid});`
      : "Look for long transactions in pg_stat_activity.",
  };
}
