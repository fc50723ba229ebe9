import { quoteIdent } from "../../../infra/database/quote.ts";
import type { StorageProblem } from "../../errors.ts";
import type { Queryable } from "../../../infra/database/database.ts";
import { isLastingRefusal, postgresError } from "../../../infra/database/database-error.ts";
import { SESSION_TABLES, type FoundSessionTable } from "../../../infra/database/session-tables.ts";
import { findHiddenRows, lacking, missingRight } from "./access-problem.ts";
import { COMPUTING_VIEW, HIDING_VIEW, refusedByConstraint, upsertRefusal } from "./constraint-problem.ts";
import { describeHindrances, hindrances, removalOf, WRITTEN_TABLES } from "./hindrances.ts";
import { findOddColumn, tooNarrow } from "./odd-column.ts";
import { readOnlyProblem } from "./read-only.ts";
import { columnsWithoutDefault, missingColumns, sessionColumns, sqlNameOf } from "./storage-catalogue.ts";

/**
 * What is wrong, by name, with the SQL that mends it. Asks the catalogue where the error itself says too little.
 * @param error of a statement that stores a pair.
 * @param options.mayQuote its words may be quoted: the pair was made up.
 * @param options.judgesTimes the table should keep times as timestamps. Default: not known.
 * @returns undefined for what passes by itself.
 */
export async function describeStorageProblem(
  db: Queryable,
  error: unknown,
  { mayQuote, judgesTimes = false }: { mayQuote: boolean; judgesTimes?: boolean },
): Promise<StorageProblem | undefined> {
  if (!isLastingRefusal(error)) return undefined;
  return belowTheView(db, await findProblem(db, error, mayQuote, judgesTimes));
}

async function findProblem(db: Queryable, error: unknown, mayQuote: boolean, judgesTimes: boolean) {
  const { originalCode: code = "", originalMessage = "", constraint } = postgresError(error)!;
  const [first, second] = [...originalMessage.matchAll(/["«„]([^"«„»“]+)["»“]/g)].map((match) => match[1]!.trim());
  const other = () => otherRefusal(db, code, mayQuote ? originalMessage : "");
  switch (code) {
    case "23502":
      // A native engine of Prisma names nothing.
      return (second === "TokenEvent" && first === "kind") ||
        (!first && !(await columnsWithoutDefault(db, "Session"))[0])
        ? notWritten(db, judgesTimes)
        : missingDefault(db, ...nullIn(originalMessage, first, second));
    case "42703":
    case "42P01":
      return (await missingFromSchema(db)) ?? other();
    case "42501":
      return missingRight(db, originalMessage);
    case "25006":
      return readOnlyProblem(db);
    case "53100":
      return { kind: "disk_full", what: "the database's disk is full", remedy: "Make room on the database server." };
    case "23503":
      return refusedByConstraint(db, "foreign_key", constraint?.index ?? second);
    case "23514":
      return refusedByConstraint(db, "check", constraint?.index ?? second ?? first);
    case "23505":
    case "23P01":
      return refusedByConstraint(db, "unique", constraint?.index ?? first);
    case "42P10":
    case "55000":
      return upsertRefusal(db);
    case "44000":
      return HIDING_VIEW;
    case "22001":
      return tooNarrow(await sessionColumns(db), originalMessage) ?? other();
    default:
      return findOddColumn(await sessionColumns(db), judgesTimes) ?? other();
  }
}

/** A column of a view is changed in the table below it. */
async function belowTheView(db: Queryable, problem: StorageProblem): Promise<StorageProblem> {
  if (!problem.remedy.startsWith('ALTER TABLE "Session"') || !(await hindrances(db)).isView) return problem;
  const text = `SELECT string_agg(DISTINCT oid::regclass::text, ', ') AS "tables" FROM written WHERE oid <> to_regclass('"Session"')`;
  const [below] = await db.query<{ tables: string | null }[]>({
    text: `WITH RECURSIVE ${WRITTEN_TABLES} ${text}`,
    values: [],
  });
  const tables = below?.tables ?? "?";
  return {
    ...problem,
    remedy: `"Session" is a view of ${tables}: drop it, change ${tables} in its place (${problem.remedy.replaceAll('"Session"', tables)}), and make it again.`,
  };
}

/** A trigger or rule let the statement pass and kept the row from being written, or wrote something else. */
export async function notWritten(db: Queryable, judgesTimes: boolean): Promise<StorageProblem> {
  const [{ triggers, isView }, columns] = await Promise.all([hindrances(db), sessionColumns(db)]);
  const known = (await findHiddenRows(db)) ?? findOddColumn(columns, judgesTimes) ?? (await heldByChildren(db));
  if (known) return belowTheView(db, known);
  if (isView && triggers.length === 0) return HIDING_VIEW;
  const remedy = `List them with \\d "Session" and let this app's rows pass`;
  return {
    kind: "not_written",
    what: `a trigger, a rule or row security of "Session" keeps the row from being written as it is given${triggers.length > 0 ? `; there is ${describeHindrances(triggers)}` : ""}`,
    remedy: triggers.length > 0 ? `${remedy}, or: ${triggers.map(removalOf).join(" ")}` : `${remedy}.`,
  };
}

/** Of a row in a table that inherits from `Session` an upsert makes a second one, in `Session` itself. */
export async function heldByChildren(db: Queryable): Promise<StorageProblem | undefined> {
  const [child] = await db.query<object[]>({
    text: `SELECT 1 FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent WHERE p.oid = to_regclass('"Session"') AND p.relkind = 'r' LIMIT 1`,
    values: [],
  });
  if (!child) return undefined;
  const held = await db.query<{ name: string }[]>({
    text: `SELECT DISTINCT tableoid::regclass::text AS "name" FROM "Session" WHERE tableoid <> to_regclass('"Session"') AND NOT "isOnline"`,
    values: [],
  });
  if (held.length === 0) return undefined;
  const names = (await sessionColumns(db)).map(({ name }) => `"${name}"`).join(", ");
  return {
    kind: "inherited",
    what: `rows of "Session" lie in ${held.map(({ name }) => name).join(", ")}, which inherits from it: an upsert does not find them there`,
    remedy: held
      .map(
        ({ name }) =>
          `WITH moved AS (DELETE FROM ${name} RETURNING ${names}) INSERT INTO "Session" (${names}) SELECT ${names} FROM moved;`,
      )
      .join(" "),
  };
}

async function missingFromSchema(db: Queryable): Promise<StorageProblem | undefined> {
  const [missing] = await missingColumns(db);
  if (!missing) return undefined;
  if (!missing.column && missing.table === "Session") return missingSessions(db);
  const name = missing.column
    ? `the column "${missing.column}" of ${sqlNameOf(missing.table)}`
    : `the table ${sqlNameOf(missing.table)}`;
  return { kind: "schema_behind", what: `${name} is missing`, remedy: "Run npm run db:deploy." };
}

/** A database that was brought up to date under another name or schema would be told to do that again, for ever. */
async function missingSessions(db: Queryable): Promise<StorageProblem> {
  const [found, ...more] = await db.query<FoundSessionTable[]>({ text: SESSION_TABLES, values: [] });
  const problem = { kind: "schema_behind", what: `the table ${sqlNameOf("Session")} is missing` } as const;
  if (!found) return { ...problem, remedy: "Run npm run db:deploy." };
  const shut = [found, ...more].find(({ name, isOpen }) => name === "Session" && !isOpen);
  if (shut) {
    const [user] = await db.query<[{ role: string }]>({ text: `SELECT current_user::text AS "role"`, values: [] });
    const grant = `GRANT USAGE ON SCHEMA ${quoteIdent(shut.schema)} TO ${quoteIdent(user.role)};`;
    return lacking(user.role, `lacks USAGE on the schema ${quoteIdent(shut.schema)}, where "Session" is`, grant);
  }
  const { schema, name, layout } = found;
  const tables = [found, ...more].map((one) => `${one.name} in the schema ${one.schema}`);
  const text = (value: string) => `'${value.replaceAll(/['\\]/g, "\\$&")}'`;
  return {
    ...problem,
    what: `${problem.what}, but there is ${tables.join(", ")}`,
    remedy:
      `If the sessions are there, say so: to createTokens by sessions: { name: ${text(name)}, schema: ${text(schema)}, layout: '${layout}' }, ` +
      `in DATABASE_URL by ?schema=${encodeURIComponent(schema)}. Otherwise run npm run db:deploy.`,
  };
}

/** Names that hold quotes are read right where the words are Postgres's English ones. */
function nullIn(words: string, first?: string, second = "Session"): [column: string | undefined, table: string] {
  const [, column = first, table = second] = /column "(.+)" of relation "(.+)" violates/.exec(words) ?? [];
  return [column, table];
}

async function missingDefault(db: Queryable, named: string | undefined, table: string): Promise<StorageProblem> {
  const columns = await columnsWithoutDefault(db, table);
  // All at once, unless a trigger may fill the others.
  const isAlone = named !== undefined && (columns.length === 0 || (await hindrances(db)).triggers.length > 0);
  const names = isAlone || columns.length === 0 ? [named ?? "?"] : columns.map(({ name }) => name);
  const remedies = names.map((name) => {
    const column = columns.find((one) => one.name === name);
    if (column?.byDomain) return `ALTER DOMAIN ${column.type} DROP NOT NULL;`;
    const change = column && /^(timestamp|date)/.test(column.type) ? "SET DEFAULT CURRENT_TIMESTAMP" : "DROP NOT NULL";
    return `ALTER TABLE ${sqlNameOf(table)} ALTER COLUMN ${quoteIdent(name)} ${change};`;
  });
  return {
    kind: "not_null",
    what: `the column ${names.map(quoteIdent).join(", ")} of ${sqlNameOf(table)} is NOT NULL and has no default`,
    remedy: remedies.join(" "),
  };
}

/** A trigger that raises, as a rule. */
async function otherRefusal(db: Queryable, code: string, words: string): Promise<StorageProblem> {
  const hidden = await findHiddenRows(db);
  if (hidden) return hidden;
  const { triggers, rules, computed, isView } = await hindrances(db);
  // What was made up looks like a token all the same.
  const said = words ? `: ${words.slice(0, 200).replace(/shp[a-z]{2}_\w+/gi, "(token)")}` : "";
  const what = `Postgres refuses the row (SQLSTATE ${code}${said})`;
  if (code === "0A000" && rules.length > 0) {
    return {
      kind: "rule",
      what: `"Session" has the rule ${rules.join(", ")}, and Postgres upserts into no table with rules`,
      remedy: rules.map((name) => `DROP RULE ${name} ON "Session";`).join(" "),
    };
  }
  if (code === "0A000" && isView) return { ...COMPUTING_VIEW, what: `${COMPUTING_VIEW.what}${said}` };
  const kind = triggers.length > 0 ? "trigger" : "refused";
  const suspects = triggers.length > 0 ? triggers : computed;
  if (suspects.length === 0) return { kind, what, remedy: "Mend it, then start again." };
  const named = `${what}; there is ${describeHindrances(suspects)}`;
  return { kind, what: named, remedy: suspects.map(removalOf).join(" ") };
}
