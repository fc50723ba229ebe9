import type { StorageProblem } from "../../errors.ts";
import type { Queryable } from "../../../infra/database/database.ts";

interface Source {
  isStandby: boolean;
  /** Where `default_transaction_read_only` is set, as pg_settings says it. */
  source: string;
  role: string;
  database: string;
}

/** Why Postgres takes no writes: a standby, or a setting, and where that was made. */
export async function readOnlyProblem(db: Queryable): Promise<StorageProblem> {
  const [found] = await db.query<Source[]>({
    text: `SELECT pg_is_in_recovery() AS "isStandby", source::text AS "source", quote_ident(current_user) AS "role", quote_ident(current_database()) AS "database"
      FROM pg_settings WHERE name = 'default_transaction_read_only'`,
    values: [],
  });
  if (!found || found.isStandby) {
    const what = "the database is read-only: it is a standby";
    return { kind: "read_only", what, remedy: "Point DATABASE_URL to the primary." };
  }
  const { source, role, database } = found;
  const reset = "RESET default_transaction_read_only;";
  const restart = "-- then restart the app: connections that are open keep it until they are refused";
  const remedies: Record<string, string> = {
    user: `ALTER ROLE ${role} ${reset} ${restart}`,
    "database user": `ALTER ROLE ${role} IN DATABASE ${database} ${reset} ${restart}`,
    database: `ALTER DATABASE ${database} ${reset} ${restart}`,
    client: "Take default_transaction_read_only out of the options of DATABASE_URL.",
    default: "Point DATABASE_URL to a server that takes writes.",
  };
  return {
    kind: "read_only",
    what: `the database is read-only${source === "default" ? "" : `: default_transaction_read_only is on (set by: ${source})`}`,
    remedy: remedies[source] ?? `ALTER SYSTEM ${reset} SELECT pg_reload_conf();`,
  };
}
