import type { Queryable } from "../../../infra/database/database.ts";

/**
 * SQL, of a recursive query: every table that a stored pair is written to: `Session`, its partitions, and the tables below it where it is a view;
 * with the role in whose name that happens, null for the app's own.
 */
export const WRITTEN_TABLES = `written(oid, as_role) AS (
  SELECT to_regclass('"Session"')::oid, NULL::oid
  UNION SELECT n.oid, n.as_role FROM written w CROSS JOIN LATERAL (
    SELECT i.inhrelid AS oid, w.as_role FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'p' WHERE i.inhparent = w.oid
    UNION ALL SELECT d.refobjid, CASE WHEN 'security_invoker=true' = ANY(v.reloptions) OR 'security_invoker=on' = ANY(v.reloptions) THEN w.as_role ELSE v.relowner END
      FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class AND v.relkind = 'v'
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> v.oid
      WHERE r.ev_class = w.oid) n)`;

/** As messages name a table: `Session` stays what the adopter's layout calls it. */
const NAME = (oid: string) =>
  `CASE WHEN ${oid} = to_regclass('"Session"') THEN '"Session"' ELSE ${oid}::regclass::text END`;

/** Something of a table that is run or computed when a row is written, with what takes it out of the way. */
export interface Hindrance {
  kind: "trigger" | "generated" | "index" | "default";
  /** As SQL names it. */
  name: string;
  table: string;
}

export interface Hindrances {
  triggers: Hindrance[];
  rules: string[];
  /** What else Postgres computes for a row: generated columns, indexes over expressions, defaults that call functions of the database's own. */
  computed: Hindrance[];
  isView: boolean;
}

/** What may keep a row from being written as it is given. */
export async function hindrances(db: Queryable): Promise<Hindrances> {
  const rows = await db.query<(Hindrance | { kind: "rule" | "view"; name: string })[]>({
    text: `WITH RECURSIVE ${WRITTEN_TABLES}, target AS (SELECT DISTINCT c.oid, c.relkind, c.relnamespace FROM written w JOIN pg_class c ON c.oid = w.oid),
      calling AS (SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_proc'::regclass)
      SELECT 'trigger' AS "kind", format('%I', tgname) AS "name", ${NAME("tgrelid")} AS "table"
        FROM pg_trigger g JOIN pg_class c ON c.oid = tgrelid
        WHERE (tgrelid IN (SELECT oid FROM target) OR c.relnamespace = to_regnamespace('expand_contract')) AND NOT tgisinternal AND tgenabled <> 'D' AND g.tgparentid = 0
      UNION ALL SELECT 'rule', quote_ident(rulename), '' FROM pg_rewrite WHERE ev_class = to_regclass('"Session"') AND ev_type IN ('2', '3')
      UNION ALL SELECT 'generated', quote_ident(attname), ${NAME("attrelid")} FROM pg_attribute JOIN target t ON t.oid = attrelid AND t.relkind IN ('r', 'p') WHERE attgenerated = 's' AND NOT attisdropped
      UNION ALL SELECT 'index', indexrelid::regclass::text, ${NAME("indrelid")} FROM pg_index JOIN target t ON t.oid = indrelid
        WHERE indexprs IS NOT NULL AND indexrelid::regclass::text NOT LIKE '%"Session\\_%\\_idx"'
      UNION ALL SELECT 'default', quote_ident(a.attname), ${NAME("adrelid")} FROM pg_attrdef d JOIN target t ON t.oid = adrelid AND t.relkind IN ('r', 'p')
        JOIN calling ON classid = 'pg_attrdef'::regclass AND objid = d.oid JOIN pg_attribute a ON a.attrelid = adrelid AND a.attnum = adnum WHERE a.attgenerated = ''
      UNION ALL SELECT 'view', '', '' FROM target WHERE oid = to_regclass('"Session"') AND relkind = 'v'
      ORDER BY 1, 3, 2`,
    values: [],
  });
  const of = (...kinds: string[]) => rows.filter((row): row is Hindrance => kinds.includes(row.kind));
  return {
    triggers: of("trigger"),
    rules: of("rule").map(({ name }) => name),
    computed: of("generated", "index", "default"),
    isView: rows.some(({ kind }) => kind === "view"),
  };
}

/**
 * Whether a table that a pair is written to may take one row and refuse the next: it has triggers, checks, foreign keys, unique indexes or generated
 * columns besides what this app gives it, partitions, or columns of a domain.
 */
export async function findRowJudges(db: Queryable): Promise<boolean> {
  const [row] = await db.query<[{ found: boolean }]>({
    text: `WITH RECURSIVE ${WRITTEN_TABLES}, target AS (SELECT DISTINCT oid FROM written)
      SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM target) AND NOT tgisinternal AND tgenabled <> 'D')
        OR EXISTS (SELECT FROM pg_constraint WHERE (conrelid IN (SELECT oid FROM target) AND contype IN ('c', 'f', 'x')) OR (confrelid IN (SELECT oid FROM target) AND contype = 'f'))
        OR EXISTS (SELECT FROM pg_index WHERE indrelid IN (SELECT oid FROM target) AND (indisunique AND NOT indisprimary OR indexprs IS NOT NULL AND indexrelid::regclass::text NOT LIKE '%"Session\\_%\\_idx"'))
        OR EXISTS (SELECT FROM pg_class WHERE oid IN (SELECT oid FROM target) AND relkind <> 'r')
        OR EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE attrelid IN (SELECT oid FROM target) AND NOT attisdropped AND (attgenerated <> '' OR typtype = 'd')) AS "found"`,
    values: [],
  });
  return row.found;
}

/** What each is called, and the SQL that takes it out of the way. */
const KINDS: Record<Hindrance["kind"], { words: string; removal: (name: string, table: string) => string }> = {
  trigger: { words: "the trigger", removal: (name, table) => `ALTER TABLE ${table} DISABLE TRIGGER ${name};` },
  generated: {
    words: "the generated column",
    removal: (name, table) => `ALTER TABLE ${table} ALTER COLUMN ${name} DROP EXPRESSION;`,
  },
  index: { words: "the index", removal: (name) => `DROP INDEX ${name};` },
  default: {
    words: "the default of",
    removal: (name, table) => `ALTER TABLE ${table} ALTER COLUMN ${name} DROP DEFAULT;`,
  },
};

/** "the trigger gatekeeper of "Session"", for words. */
export const describeHindrances = (all: readonly Hindrance[]): string =>
  all.map(({ kind, name, table }) => `${KINDS[kind].words} ${name} of ${table}`).join(", ");

/** The SQL that takes it out of the way. */
export const removalOf = ({ kind, name, table }: Hindrance): string => KINDS[kind].removal(name, table);
