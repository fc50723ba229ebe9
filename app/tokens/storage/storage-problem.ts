import type { StorageProblem } from "../errors.ts";
import type { Queryable } from "../../infra/database/database.ts";
import { isLastingRefusal, postgresError } from "./postgres-error.ts";

/** The columns that a stored pair needs, by table. */
const NEEDED: Record<string, readonly string[]> = {
  Session: [
    "id",
    "shop",
    "state",
    "isOnline",
    "scope",
    "accessToken",
    "expires",
    "refreshToken",
    "refreshTokenExpires",
  ],
  ShopToken: [
    "shop",
    "generation",
    "leaseOwner",
    "leaseExpiresAt",
    "needsReauthToken",
    "notExchangeableToken",
    "answerLostAt",
    "reconcileAt",
  ],
  TokenKey: ["id", "canary"],
  TokenEvent: ["shop", "at", "since", "count", "kind", "generation"],
};

/** `Session` is the adopter's, wherever the search path finds it; the other tables are ours. */
function sqlNameOf(table: string): string {
  return table === "Session" || !(table in NEEDED) ? `"${table}"` : `expand_contract."${table}"`;
}

const DEPLOY = "Run npm run db:deploy.";

/**
 * What is wrong, by name, with the SQL that mends it. Asks the catalogue where the error itself says too little.
 * @param error of a statement that stores a pair; its words may only be quoted when the pair was made up.
 * @returns undefined for what passes by itself.
 */
export async function describeStorageProblem(
  db: Queryable,
  error: unknown,
  { mayQuote }: { mayQuote: boolean },
): Promise<StorageProblem | undefined> {
  if (!isLastingRefusal(error)) return undefined;
  const { originalCode: code = "", originalMessage = "", column, table, constraint } = postgresError(error)!;
  const [first, second] = [...originalMessage.matchAll(/["«„]([^"«„»“]+)["»“]/g)].map((match) => match[1]!.trim());
  switch (code) {
    case "23502":
      return second === "TokenEvent" && first === "kind"
        ? notWritten()
        : missingDefault(db, first, second ?? "Session");
    case "42703":
    case "42P01": {
      const missing = (await missingColumns(db))[0] ?? { table: table ?? "Session", column };
      const name = missing.column
        ? `the column "${missing.column}" of ${sqlNameOf(missing.table)}`
        : `the table ${sqlNameOf(missing.table)}`;
      return { kind: "schema_behind", what: `${name} is missing`, remedy: DEPLOY };
    }
    case "42501":
      return missingRight(db, first);
    case "25006":
      return {
        kind: "read_only",
        what: "the database is read-only (a standby, or default_transaction_read_only)",
        remedy:
          "Point DATABASE_URL to the primary; or: ALTER ROLE CURRENT_USER SET default_transaction_read_only = off;",
      };
    case "53100":
      return { kind: "disk_full", what: "the database's disk is full", remedy: "Make room on the database server." };
    case "23503":
      return {
        kind: "foreign_key",
        what: `the foreign key ${quoted(constraint?.index ?? second)} of "Session" refuses the row`,
        remedy: drop(constraint?.index ?? second),
      };
    case "23514":
      return { kind: "check", what: `the check ${quoted(second)} of "Session" refuses the row`, remedy: drop(second) };
    case "42P10":
      return {
        kind: "no_primary_key",
        what: `"Session" has no primary key on "id"`,
        remedy: `ALTER TABLE "Session" ADD PRIMARY KEY ("id");`,
      };
    case "22001":
      return columnTooNarrow(db);
    default:
      return otherRefusal(db, code, mayQuote ? originalMessage : "");
  }
}

/** A trigger or rule let the statement pass and kept the row from being written, or wrote something else. */
export function notWritten(): StorageProblem {
  return {
    kind: "not_written",
    what: `a trigger, a rule or row security of "Session" keeps the row from being written as it is given`,
    remedy: `List them with \\d "Session" and let this app's rows pass.`,
  };
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

async function missingDefault(db: Queryable, named: string | undefined, table: string): Promise<StorageProblem> {
  const columns = await db.query<{ name: string; type: string }[]>({
    text: `SELECT attname::text AS "name", format_type(atttypid, atttypmod) AS "type" FROM pg_attribute
     WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef
       AND attidentity = '' AND NOT attname = ANY($2)`,
    values: [sqlNameOf(table), NEEDED[table] ?? []],
  });
  const found =
    columns.some(({ name }) => name === named) || columns.length === 0 ? [] : columns.map(({ name }) => name);
  const names = found.length > 0 ? found : [named ?? "?"];
  const remedies = names.map((name) => {
    const isTime = columns.some((column) => column.name === name && /^(timestamp|date)/.test(column.type));
    const change = isTime ? "SET DEFAULT CURRENT_TIMESTAMP" : "DROP NOT NULL";
    return `ALTER TABLE ${sqlNameOf(table)} ALTER COLUMN "${name}" ${change};`;
  });
  return {
    kind: "not_null",
    what: `the column ${names.map((name) => `"${name}"`).join(", ")} of ${sqlNameOf(table)} is NOT NULL and has no default`,
    remedy: remedies.join(" "),
  };
}

async function missingRight(db: Queryable, named?: string): Promise<StorageProblem> {
  const missing = await db.query<{ table: string; right: string }[]>({
    text: `SELECT t AS "table", r AS "right" FROM unnest($1::text[]) t CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) r
     WHERE to_regclass(t) IS NOT NULL AND NOT has_table_privilege(to_regclass(t), r)`,
    values: [Object.keys(NEEDED).map(sqlNameOf)],
  });
  const [user] = await db.query<{ name: string; enters: boolean }[]>({
    text: `SELECT current_user::text AS "name", coalesce(has_schema_privilege(to_regnamespace('expand_contract'), 'USAGE'), true) AS "enters"`,
    values: [],
  });
  const role = `"${user?.name ?? "?"}"`;
  if (user?.enters === false) {
    return {
      kind: "missing_right",
      what: `the role ${role} lacks USAGE on the schema expand_contract`,
      remedy: `GRANT USAGE ON SCHEMA expand_contract TO ${role};`,
    };
  }
  if (missing.length === 0) {
    return {
      kind: "missing_right",
      what: `the role ${role} may not write ${quoted(named)}`,
      remedy: `GRANT SELECT, INSERT, UPDATE ON "Session" TO ${role};`,
    };
  }
  const tables = [...new Set(missing.map(({ table }) => table))].map((table) => ({
    table,
    rights: missing
      .filter((one) => one.table === table)
      .map(({ right }) => right)
      .join(", "),
  }));
  return {
    kind: "missing_right",
    what: `the role ${role} lacks ${tables.map(({ table, rights }) => `${rights} on ${table}`).join(" and ")}`,
    remedy: tables.map(({ table, rights }) => `GRANT ${rights} ON ${table} TO ${role};`).join(" "),
  };
}

async function columnTooNarrow(db: Queryable): Promise<StorageProblem> {
  const columns = await db.query<{ name: string }[]>({
    text: `SELECT attname::text AS "name" FROM pg_attribute WHERE attrelid = to_regclass('"Session"') AND atttypmod > 4
       AND atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND attname = ANY($1) ORDER BY attname`,
    values: [NEEDED.Session],
  });
  const names = columns.map(({ name }) => name);
  return {
    kind: "too_narrow",
    what: `a column of "Session" is too narrow: ${names.map(quoted).join(", ")}`,
    remedy: names.map((name) => `ALTER TABLE "Session" ALTER COLUMN "${name}" TYPE text;`).join(" "),
  };
}

/** A trigger that raises, as a rule. */
async function otherRefusal(db: Queryable, code: string, words: string): Promise<StorageProblem> {
  const triggers = await db.query<{ name: string }[]>({
    text: `SELECT tgname::text AS "name" FROM pg_trigger WHERE tgrelid = to_regclass('"Session"') AND NOT tgisinternal AND tgenabled <> 'D'`,
    values: [],
  });
  const names = triggers.map(({ name }) => name);
  const said = words ? `: ${words.slice(0, 200)}` : "";
  if (names.length === 0) {
    return {
      kind: "refused",
      what: `Postgres refuses the row (SQLSTATE ${code}${said})`,
      remedy: "Mend it, then start again.",
    };
  }
  return {
    kind: "trigger",
    what: `Postgres refuses the row (SQLSTATE ${code}${said}); "Session" has the trigger ${names.map(quoted).join(", ")}`,
    remedy: names.map((name) => `ALTER TABLE "Session" DISABLE TRIGGER "${name}";`).join(" "),
  };
}

const quoted = (name: string | undefined): string => (name ? `"${name}"` : "?");

function drop(constraint: string | undefined): string {
  return `Let this app's rows pass, or: ALTER TABLE "Session" DROP CONSTRAINT ${quoted(constraint)};`;
}
