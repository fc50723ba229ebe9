import type { StorageProblem } from "../errors.ts";
import type { Queryable } from "../../infra/database/database.ts";
import {
  describeTriggers,
  hindrances,
  ident,
  missingRights,
  type RowSecurity,
  rowSecurity,
} from "./storage-catalogue.ts";

/** Rows that the app's role may not see are never migrated, and their tokens never refreshed. */
export async function findHiddenRows(db: Queryable): Promise<StorageProblem | undefined> {
  const security = await rowSecurity(db);
  return security?.hides ? refusedByPolicies(security) : undefined;
}

function refusedByPolicies(security: RowSecurity): StorageProblem {
  const role = ident(security.role);
  return {
    kind: "row_security",
    what: `row-level security of "Session" may hide rows from the role ${role}, or refuse what it writes`,
    remedy: security.needsBypass
      ? `ALTER ROLE ${role} BYPASSRLS;`
      : `CREATE POLICY expand_contract_app ON "Session" TO ${role} USING (true) WITH CHECK (true);`,
  };
}

/** Postgres names what a role may not touch, without quotes: `permission denied for table audit`. */
const DENIED = /\b(table|relation|view|sequence|function) "?([^"\s]+)"?$/;

/** What the app's role may not do, with the GRANT that mends it. */
export async function missingRight(db: Queryable, words: string): Promise<StorageProblem> {
  const { role, enters, missing } = await missingRights(db);
  const roleName = ident(role);
  const lacking = (what: string, remedy: string): StorageProblem => ({
    kind: "missing_right",
    what: `the role ${roleName} ${what}`,
    remedy,
  });
  if (!enters) {
    return lacking(
      "lacks USAGE on the schema expand_contract",
      `GRANT USAGE ON SCHEMA expand_contract TO ${roleName};`,
    );
  }
  if (missing.length > 0) {
    const tables = [...new Set(missing.map(({ table }) => table))].map((table) => ({
      table,
      rights: missing
        .filter((one) => one.table === table)
        .map(({ right }) => right)
        .join(", "),
    }));
    return lacking(
      `lacks ${tables.map(({ table, rights }) => `${rights} on ${table}`).join(" and ")}`,
      tables.map(({ table, rights }) => `GRANT ${rights} ON ${table} TO ${roleName};`).join(" "),
    );
  }
  const [, kind, name] = DENIED.exec(words) ?? [];
  const security = await rowSecurity(db);
  if (security && (security.hides || name === undefined || name === "Session")) return refusedByPolicies(security);
  if (name === undefined)
    return lacking(`may not write "Session"`, `GRANT SELECT, INSERT, UPDATE ON "Session" TO ${roleName};`);
  if (kind === "sequence") {
    const sequence = `expand_contract."${name}"`;
    return lacking(`lacks USAGE on the sequence ${sequence}`, `GRANT USAGE ON SEQUENCE ${sequence} TO ${roleName};`);
  }
  if (kind === "function")
    return lacking(`may not call ${name}`, `GRANT EXECUTE ON FUNCTION ${ident(name)} TO ${roleName};`);
  const { triggers } = await hindrances(db);
  return lacking(
    `may not use the table ${name}${triggers.length > 0 ? `, which is needed by ${describeTriggers(triggers)}` : ""}`,
    `GRANT SELECT, INSERT, UPDATE ON ${ident(name)} TO ${roleName};`,
  );
}
