import type { Queryable } from "../../../infra/database/database.ts";
import { quoteIdent } from "../../../infra/database/quote.ts";
import { WRITTEN_TABLES } from "./hindrances.ts";

/** Postgres names what a role may not touch without quotes and without its schema: `permission denied for table audit log`. */
const DENIED = /\b(table|relation|view|sequence|function|schema|type|database) "?([^"]+)"?$/;

interface Kind {
  /** SQL: the objects of the name $1, as `oid` and `name`. */
  named: string;
  /** SQL: whether the role `g.oid` has what is needed on `o.oid`. */
  holds: string;
  /** What the role lacks, followed by the name. */
  what: string;
  grant: string;
}

const TABLE: Kind = {
  named: `SELECT oid, oid::regclass::text AS name FROM pg_class WHERE relname = $1 AND relkind IN ('r', 'p', 'v', 'm', 'f')`,
  holds: `has_table_privilege(g.oid, o.oid, 'SELECT') AND has_table_privilege(g.oid, o.oid, 'INSERT') AND has_table_privilege(g.oid, o.oid, 'UPDATE')`,
  what: "may not use the table",
  grant: "SELECT, INSERT, UPDATE ON",
};

const KINDS: Record<string, Kind> = {
  sequence: {
    named: `SELECT oid, oid::regclass::text AS name FROM pg_class WHERE relname = $1 AND relkind = 'S'`,
    holds: `has_sequence_privilege(g.oid, o.oid, 'USAGE')`,
    what: "lacks USAGE on the sequence",
    grant: "USAGE ON SEQUENCE",
  },
  function: {
    named: `SELECT oid, oid::regprocedure::text AS name FROM pg_proc WHERE proname = $1`,
    holds: `has_function_privilege(g.oid, o.oid, 'EXECUTE')`,
    what: "may not call",
    grant: "EXECUTE ON FUNCTION",
  },
  schema: {
    named: `SELECT oid, quote_ident(nspname) AS name FROM pg_namespace WHERE nspname = $1`,
    holds: `has_schema_privilege(g.oid, o.oid, 'USAGE')`,
    what: "lacks USAGE on the schema",
    grant: "USAGE ON SCHEMA",
  },
  database: {
    named: `SELECT oid, quote_ident(datname) AS name FROM pg_database WHERE datname = $1`,
    holds: `has_database_privilege(g.oid, o.oid, 'CREATE')`,
    what: "lacks the right to make the schema of background jobs: CREATE on the database",
    grant: "CREATE ON DATABASE",
  },
  type: {
    named: `SELECT oid, oid::regtype::text AS name FROM pg_type WHERE typname = $1`,
    holds: `has_type_privilege(g.oid, o.oid, 'USAGE')`,
    what: "may not use the type",
    grant: "USAGE ON TYPE",
  },
};

/**
 * The right that an error speaks of, with its GRANT, and the role that lacks it: the app's, or the one in whose name a view or a function works.
 * @param words of the error.
 */
export async function findDenied(db: Queryable, words: string) {
  const [, word = "", name] = DENIED.exec(words) ?? [];
  if (name === undefined) return undefined;
  const kind = KINDS[word] ?? TABLE;
  // A view works in its owner's name, a function that is SECURITY DEFINER in that of its owner.
  const [found] = await db.query<{ role: string; name: string }[]>({
    text: `WITH RECURSIVE ${WRITTEN_TABLES}, g AS (
        SELECT 0 AS n, oid, rolname FROM pg_roles WHERE rolname = current_user
        UNION ALL SELECT 1, r.oid, rolname FROM pg_roles r WHERE r.oid IN (SELECT as_role FROM written)
          OR r.oid IN (SELECT proowner FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid AND prosecdef WHERE tgrelid IN (SELECT oid FROM written)))
      SELECT g.rolname::text AS "role", o.name AS "name" FROM (${kind.named}) o CROSS JOIN g
      WHERE NOT (${kind.holds}) ORDER BY g.n, o.oid LIMIT 1`,
    values: [name],
  });
  if (!found) return undefined;
  const { role, name: object } = found;
  const remedy = `GRANT ${kind.grant} ${object} TO ${quoteIdent(role)};`;
  return { role, what: `${kind.what} ${object}`, remedy };
}
