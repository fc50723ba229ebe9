import type { Queryable } from "../../../infra/database/database.ts";

const columns = (names: string): readonly string[] => names.split(" ");

/** The columns that a stored pair needs, by table. */
const NEEDED: Record<string, readonly string[]> = {
  Session: columns("id shop state isOnline scope accessToken expires refreshToken refreshTokenExpires"),
  ShopToken: columns(
    "shop generation leaseOwner leaseExpiresAt needsReauthToken notExchangeableToken answerLostAt reconcileAt",
  ),
  TokenEvent: columns("shop at since count kind generation"),
  TokenKey: columns("id canary"),
};

/** `Session` is the adopter's, wherever the search path finds it; the other tables are ours. */
export function sqlNameOf(table: string): string {
  return table === "Session" || !(table in NEEDED) ? `"${table}"` : `expand_contract."${table}"`;
}

/** Tables and columns that a pair needs and the database does not have. */
export async function missingColumns(db: Queryable): Promise<{ table: string; column?: string }[]> {
  const wanted = Object.entries(NEEDED).flatMap(([table, columns]) => columns.map((column) => ({ table, column })));
  return db.query<{ table: string; column?: string }[]>({
    text: `SELECT DISTINCT w."table", CASE WHEN to_regclass(w."name") IS NOT NULL THEN w."column" END AS "column"
     FROM (SELECT *, CASE WHEN "table" = 'Session' THEN '"Session"' ELSE 'expand_contract."' || "table" || '"' END AS "name"
       FROM jsonb_to_recordset($1::jsonb) AS r("table" text, "column" text)) w
     LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(w."name") AND a.attname = w."column" AND NOT a.attisdropped
     WHERE a.attname IS NULL ORDER BY 1, 2`,
    values: [JSON.stringify(wanted)],
  });
}

/** A column of `Session` that a pair is written to, as it is. */
export interface SessionColumn {
  name: string;
  /** As Postgres writes it, e.g. `character(80)`; of a domain the type below it. */
  type: string;
  /** `S` for text of any kind. */
  category: string;
  isGenerated: boolean;
  isIdentity: boolean;
  /** Its collation takes different texts for the same: Postgres cannot search in it. */
  isFuzzy: boolean;
}

export async function sessionColumns(db: Queryable): Promise<SessionColumn[]> {
  return db.query<SessionColumn[]>({
    text: `WITH RECURSIVE typed AS (
       SELECT attname, attnum, attgenerated, attidentity, attcollation, atttypid AS typ, atttypmod AS typmod
       FROM pg_attribute WHERE attrelid = to_regclass('"Session"') AND NOT attisdropped AND attname = ANY($1)
       UNION ALL SELECT a.attname, a.attnum, a.attgenerated, a.attidentity, a.attcollation, t.typbasetype,
         CASE WHEN a.typmod >= 0 THEN a.typmod ELSE t.typtypmod END
       FROM typed a JOIN pg_type t ON t.oid = a.typ AND t.typtype = 'd')
     SELECT a.attname::text AS "name", format_type(a.typ, a.typmod) || CASE WHEN NOT c.collisdeterministic THEN ' COLLATE ' || quote_ident(c.collname) ELSE '' END AS "type", t.typcategory::text AS "category",
       a.attgenerated <> '' AS "isGenerated", a.attidentity = 'a' AS "isIdentity", NOT coalesce(c.collisdeterministic, true) AS "isFuzzy"
     FROM typed a JOIN pg_type t ON t.oid = a.typ AND t.typtype <> 'd' LEFT JOIN pg_collation c ON c.oid = a.attcollation ORDER BY a.attnum`,
    values: [NEEDED.Session],
  });
}

export interface ColumnWithoutDefault {
  name: string;
  type: string;
  /** NOT NULL is said by its type, a domain. */
  byDomain: boolean;
}

/** Columns of a table that a pair does not fill, may not be null and have no default. */
export async function columnsWithoutDefault(db: Queryable, table: string): Promise<ColumnWithoutDefault[]> {
  return db.query<ColumnWithoutDefault[]>({
    text: `SELECT a.attname::text AS "name", format_type(a.atttypid, a.atttypmod) AS "type", NOT a.attnotnull AS "byDomain" FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND (a.attnotnull OR t.typnotnull)
       AND NOT a.atthasdef AND t.typdefault IS NULL AND a.attidentity = '' AND NOT a.attname = ANY($2)`,
    values: [sqlNameOf(table), NEEDED[table] ?? NEEDED.Session],
  });
}

export interface MissingRights {
  role: string;
  enters: boolean;
  /** `rights` as GRANT names them. */
  missing: { table: string; rights: string }[];
}

/** The rights that the app's role lacks on `Session` and on our tables. Column by column where it has none on the whole table. */
export async function missingRights(db: Queryable): Promise<MissingRights> {
  const [{ role, enters }] = await db.query<[{ role: string; enters: boolean }]>({
    text: `SELECT current_user::text AS "role", coalesce(has_schema_privilege(to_regnamespace('expand_contract'), 'USAGE'), true) AS "enters"`,
    values: [],
  });
  if (!enters) return { role, enters, missing: [] };
  const missing = await db.query<{ table: string; rights: string }[]>({
    text: `WITH target AS (
       SELECT to_regclass('"Session"')::oid AS oid, '"Session"' AS name, ARRAY['SELECT', 'INSERT', 'UPDATE'] AS rights
       UNION ALL SELECT c.oid, format('expand_contract.%s', CASE WHEN c.relname ~ '^[a-z_]+$' THEN c.relname ELSE format('"%s"', c.relname) END),
         CASE c.relname WHEN 'SchemaStep' THEN ARRAY['SELECT'] WHEN 'UnstoredPair' THEN ARRAY['SELECT', 'INSERT', 'DELETE'] ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END
       FROM pg_class c WHERE c.relnamespace = to_regnamespace('expand_contract') AND c.relkind = 'r')
     SELECT t.name AS "table", string_agg(r, ', ' ORDER BY array_position(t.rights, r)) AS "rights" FROM target t CROSS JOIN unnest(t.rights) r
     WHERE t.oid IS NOT NULL AND NOT has_table_privilege(t.oid, r) AND (r = 'DELETE' OR EXISTS (
       SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
         AND (t.name <> '"Session"' OR a.attname = ANY($1) AND (r <> 'UPDATE' OR NOT a.attname = ANY(ARRAY['id', 'shop', 'isOnline'])))
         AND NOT has_column_privilege(t.oid, a.attnum, r)))
     GROUP BY t.name ORDER BY t.name <> '"Session"', t.name`,
    values: [NEEDED.Session],
  });
  return { role, enters, missing };
}
