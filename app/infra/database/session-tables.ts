/** A table or view of sessions that a database holds. */
export interface FoundSessionTable {
  schema: string;
  name: string;
  layout: "prisma" | "postgresql";
  /** The role may use what is in the schema. */
  isOpen: boolean;
}

/** What gives a table of sessions away under any name. */
export const TELLTALE_COLUMNS = ["id", "shop", "state", "isOnline", "accessToken"];

/** SQL: every table and view of sessions, in whichever schema. @see FoundSessionTable */
export const SESSION_TABLES = `
  SELECT n.nspname::text AS "schema", c.relname::text AS "name",
    CASE WHEN bool_or(a.attname = 'expires' AND a.atttypid IN ('int4'::regtype, 'int8'::regtype)) THEN 'postgresql' ELSE 'prisma' END AS "layout",
    has_schema_privilege(n.oid, 'USAGE') AS "isOpen"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  GROUP BY n.oid, n.nspname, c.relname
  HAVING count(*) FILTER (WHERE a.attname IN (${TELLTALE_COLUMNS.map((name) => `'${name}'`).join(", ")})) = ${TELLTALE_COLUMNS.length}
  ORDER BY 1, 2`;
