import { quoteIdent } from "../../../infra/database/quote.ts";
import type { StorageProblem } from "../../errors.ts";
import type { Queryable } from "../../../infra/database/database.ts";
import { findDenied } from "./denied-object.ts";
import { describeHindrances, hindrances, removalOf } from "./hindrances.ts";
import { missingRights } from "./storage-catalogue.ts";
import { closedTables, rowSecurity, type RowSecurity } from "./row-security.ts";

/** Rows that the app's role may not see are never migrated, and their tokens never refreshed. */
export async function findHiddenRows(db: Queryable): Promise<StorageProblem | undefined> {
  const security = await rowSecurity(db);
  return security?.hides ? refusedByPolicies(security) : undefined;
}

function refusedByPolicies({ role: name, table, isOff, needsBypass }: RowSecurity): StorageProblem {
  const role = quoteIdent(name);
  return {
    kind: "row_security",
    what: isOff
      ? `the role ${role} has row_security off, and Postgres refuses it every query of ${table}, which has row-level security`
      : `row-level security of ${table} may hide rows from the role ${role}, or refuse what it writes`,
    remedy: isOff
      ? `ALTER ROLE ${role} SET row_security = on;`
      : needsBypass
        ? `ALTER ROLE ${role} BYPASSRLS;`
        : `CREATE POLICY expand_contract_app ON ${table} TO ${role} USING (true) WITH CHECK (true);`,
  };
}

/** What the app's role may not do, with the GRANT that mends it. */
export async function missingRight(db: Queryable, words: string): Promise<StorageProblem> {
  const closed = await findClosedTables(db);
  if (closed) return closed;
  const { role } = await missingRights(db);
  const security = await rowSecurity(db);
  const denied = await findDenied(db, words);
  if (security && (!denied || security.hides)) return refusedByPolicies(security);
  const { triggers } = await hindrances(db);
  const needed = triggers.length > 0 ? `, which is needed by ${describeHindrances(triggers)}` : "";
  if (denied) return lacking(denied.role, `${denied.what}${needed}`, denied.remedy);
  // A trigger may refuse one row and let the next pass.
  return triggers.length > 0
    ? {
        ...lacking(role, `may not do what ${describeHindrances(triggers)} does`, triggers.map(removalOf).join(" ")),
        kind: "trigger",
      }
    : lacking(role, `may not write "Session"`, `GRANT SELECT, INSERT, UPDATE ON "Session" TO ${quoteIdent(role)};`);
}

/** What keeps the role from our own schema, or from a table that the app needs; undefined where nothing does. */
export async function findClosedTables(db: Queryable): Promise<StorageProblem | undefined> {
  const { role, enters, missing } = await missingRights(db);
  if (!enters) {
    const grant = `GRANT USAGE ON SCHEMA expand_contract TO ${quoteIdent(role)};`;
    return lacking(role, "lacks USAGE on the schema expand_contract", grant);
  }
  if (missing.length > 0) {
    return lacking(
      role,
      `lacks ${missing.map(({ table, rights }) => `${rights} on ${table}`).join(" and ")}`,
      missing.map(({ table, rights }) => `GRANT ${rights} ON ${table} TO ${quoteIdent(role)};`).join(" "),
    );
  }
  const [closed] = await closedTables(db);
  return closed && refusedByPolicies(closed);
}

/** @param role as the catalogue has it. */
export function lacking(role: string, what: string, remedy: string): StorageProblem {
  return { kind: "missing_right", what: `the role ${quoteIdent(role)} ${what}`, remedy };
}
