import type { Queryable } from "../../../infra/database/database.ts";

export interface RowSecurity {
  role: string;
  /** As SQL names it. */
  table: string;
  /** Policies apply to this role, and are not known to show it every row. */
  hides: boolean;
  /** One more policy would not help: a restrictive one stands in the way, or the policy is there. */
  needsBypass: boolean;
  /** The role is to be refused wherever a policy would hide something from it. */
  isOff: boolean;
}

/**
 * What row-level security does to this app's role, by table: `Session`, or ours. A policy is known to show every row when it says `true`.
 * @param target SQL: the table's oid `c.oid` is one of those asked about.
 */
async function securityOf(db: Queryable, target: string): Promise<RowSecurity[]> {
  return db.query<RowSecurity[]>({
    text: `WITH policy AS (
       SELECT polrelid, polname, polpermissive, polcmd IN ('*', 'r') AS reads, pg_get_expr(polqual, polrelid) AS qual FROM pg_policy
       WHERE 0 = ANY(polroles) OR EXISTS (SELECT FROM unnest(polroles) r WHERE r <> 0 AND pg_has_role(r, 'MEMBER')))
     SELECT current_user::text AS "role", current_setting('row_security') = 'off' AS "isOff",
       CASE WHEN c.oid = to_regclass('"Session"') THEN '"Session"' ELSE c.oid::regclass::text END AS "table",
       NOT EXISTS (SELECT FROM policy WHERE polrelid = c.oid AND reads AND polpermissive AND qual = 'true')
         OR EXISTS (SELECT FROM policy WHERE polrelid = c.oid AND reads AND NOT polpermissive AND qual IS DISTINCT FROM 'true') AS "hides",
       EXISTS (SELECT FROM policy WHERE polrelid = c.oid AND (NOT polpermissive OR polname = 'expand_contract_app')) AS "needsBypass"
     FROM pg_class c WHERE c.relrowsecurity AND row_security_active(c.oid) AND ${target} ORDER BY c.oid`,
    values: [],
  });
}

/** Undefined where no policy applies to this role. */
export async function rowSecurity(db: Queryable): Promise<RowSecurity | undefined> {
  const [found] = await securityOf(db, `c.oid = to_regclass('"Session"')`);
  return found && { ...found, hides: found.hides || found.isOff };
}

/** Tables of ours whose policies may refuse this role: an adopter's script has switched row-level security on for every table. */
export async function closedTables(db: Queryable): Promise<RowSecurity[]> {
  const found = await securityOf(db, `c.relnamespace = to_regnamespace('expand_contract')`);
  return found.filter(({ hides, isOff }) => hides || isOff);
}
