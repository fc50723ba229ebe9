import { quoteIdent } from "../../../infra/database/quote.ts";
import type { StorageProblem } from "../../errors.ts";
import type { Queryable } from "../../../infra/database/database.ts";

/**
 * The check, foreign key or unique index that refuses a row, wherever it is: of `Session`, of a domain that a column has, or of a table
 * that a trigger writes to.
 * @param kind of the problem.
 * @param name as the error gives it.
 */
export async function refusedByConstraint(
  db: Queryable,
  kind: "foreign_key" | "check" | "unique",
  name: string | undefined,
): Promise<StorageProblem> {
  const words = { foreign_key: "foreign key", check: "check", unique: "constraint" }[kind];
  const found = name === undefined ? undefined : await findOwner(db, name);
  if (kind === "check" && !found) return NO_PARTITION;
  if (name === undefined) {
    return {
      kind,
      what: `a ${words} of "Session" refuses the row`,
      remedy: `List them with \\d "Session" and let this app's rows pass.`,
    };
  }
  const quoted = quoteIdent(name);
  const isIndex = kind === "unique" && !found;
  const owner = found?.owner ?? '"Session"';
  const drop = isIndex
    ? `DROP INDEX ${quoted};`
    : `ALTER ${found?.isDomain ? "DOMAIN" : "TABLE"} ${owner} DROP CONSTRAINT ${quoted};`;
  return {
    kind,
    what: `the ${isIndex ? "unique index" : words} ${quoted} of ${found?.isDomain ? `the domain ${owner}` : owner} refuses the row`,
    remedy: `Let this app's rows pass, or: ${drop}`,
  };
}

interface Owner {
  owner: string;
  isDomain: boolean;
}

/** Names of constraints are unique within a table alone: that of `Session` comes first. */
async function findOwner(db: Queryable, constraint: string): Promise<Owner | undefined> {
  const [found] = await db.query<Owner[]>({
    text: `SELECT CASE WHEN conrelid = to_regclass($2) THEN '"Session"' WHEN conrelid <> 0 THEN conrelid::regclass::text
         ELSE contypid::regtype::text END AS "owner", conrelid = 0 AS "isDomain"
       FROM pg_constraint WHERE conname = $1 ORDER BY conrelid <> to_regclass($2), conrelid LIMIT 1`,
    values: [constraint, '"Session"'],
  });
  return found;
}

/** Postgres gives it the code of a check, and no constraint's name. */
const NO_PARTITION: StorageProblem = {
  kind: "no_partition",
  what: `"Session" has no partition for the row`,
  remedy: `CREATE TABLE "Session_default" PARTITION OF "Session" DEFAULT;`,
};

export const HIDING_VIEW: StorageProblem = {
  kind: "hiding_view",
  what: `the view "Session" does not show the row that is written through it`,
  remedy: `Let it show every session: without a WHERE that a session with a refresh token does not meet.`,
};

export const COMPUTING_VIEW: StorageProblem = {
  kind: "hiding_view",
  what: `the view "Session" computes a column that is written through it`,
  remedy: `Let it show each of this app's columns as the table below it has them, without an expression.`,
};

const NOT_UPSERTABLE: Record<string, Pick<StorageProblem, "what" | "remedy">> = {
  v: {
    what: `Postgres cannot upsert through the view "Session"`,
    remedy: `Make it a plain SELECT of columns from one table that has a primary key on "id", without INSTEAD OF triggers.`,
  },
  m: {
    what: `"Session" is a materialized view, which cannot be written`,
    remedy: `Make it a view (CREATE VIEW), a plain SELECT of columns from one table that has a primary key on "id".`,
  },
  f: {
    what: `"Session" is a foreign table, and Postgres cannot upsert into one`,
    remedy: `Point DATABASE_URL to the database that holds the table itself, or copy it into this one.`,
  },
};

/** Why an upsert by `id` is refused: no key that could arbitrate, or a publication that could not pass the change on. */
export async function upsertRefusal(db: Queryable): Promise<StorageProblem> {
  const { name, columns, kind, isDeferrable } = await primaryKey(db);
  const impossible = NOT_UPSERTABLE[kind];
  if (impossible) return { kind: "no_primary_key", ...impossible };
  const isOfId = columns.length === 1 && columns[0] === "id";
  const published = await notPublishable(db);
  if (published && isOfId && !isDeferrable) return published;
  const remedy = isOfId
    ? `ALTER TABLE "Session" DROP CONSTRAINT ${name}, ADD PRIMARY KEY ("id");`
    : kind === "p"
      ? `Partition it by "id" (PARTITION BY HASH ("id")), or use a table without partitions: Postgres cannot keep "id" unique in this one.`
      : name === null
        ? `ALTER TABLE "Session" ADD PRIMARY KEY ("id");`
        : `ALTER TABLE "Session" ADD UNIQUE ("id");`;
  const what = isOfId ? `the primary key of "Session" is deferrable` : `"Session" has no primary key on "id"`;
  const [twice] = isOfId || kind === "p" ? [] : await db.query<{ id: string }[]>(TWICE);
  if (twice) {
    return {
      kind: "no_primary_key",
      what: `${what}, and several rows have the same one (${quoteIdent(twice.id)})`,
      remedy: `Keep one row of each: SELECT "id", count(*) FROM "Session" GROUP BY "id" HAVING count(*) > 1 lists them. Then: ${remedy}`,
    };
  }
  return { kind: "no_primary_key", what, remedy };
}

const TWICE = {
  text: `SELECT "id"::text AS "id" FROM "Session" GROUP BY "id" HAVING count(*) > 1 LIMIT 1`,
  values: [],
};

interface PrimaryKey {
  name: string | null;
  columns: string[];
  isDeferrable: boolean;
  /** relkind: `r` a table, `p` a partitioned one, `v` a view, `m` a materialized one, `f` a foreign table. */
  kind: string;
}

async function primaryKey(db: Queryable): Promise<PrimaryKey> {
  const [found] = await db.query<PrimaryKey[]>({
    text: `SELECT c.relkind::text AS "kind", quote_ident(k.conname) AS "name", coalesce(k.condeferrable, false) AS "isDeferrable",
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY(k.conkey)) AS "columns"
     FROM pg_class c LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' WHERE c.oid = to_regclass('"Session"')`,
    values: [],
  });
  return found ?? { name: null, columns: [], isDeferrable: false, kind: "r" };
}

/** A table that a pair is written to and whose changes a publication could not pass on: it does not say which row is meant. */
async function notPublishable(db: Queryable): Promise<StorageProblem | undefined> {
  const [found] = await db.query<{ table: string; publication: string }[]>({
    text: `SELECT CASE WHEN c.oid = to_regclass('"Session"') THEN '"Session"' ELSE c.oid::regclass::text END AS "table",
       min(p.pubname)::text AS "publication"
     FROM pg_publication_tables t JOIN pg_publication p ON p.pubname = t.pubname AND p.pubupdate
       JOIN pg_class c ON c.relname = t.tablename JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = t.schemaname
     WHERE (c.oid = to_regclass('"Session"') OR n.nspname = 'expand_contract') AND c.relreplident <> 'f'
     GROUP BY c.oid, c.relreplident ORDER BY c.relreplident = 'd', c.oid <> to_regclass('"Session"')`,
    values: [],
  });
  if (!found) return undefined;
  const { table, publication } = found;
  return {
    kind: "replica_identity",
    what: `the publication ${quoteIdent(publication)} cannot pass on changes of ${table}: its replica identity does not name the row`,
    remedy: `ALTER TABLE ${table} REPLICA IDENTITY FULL;`,
  };
}
