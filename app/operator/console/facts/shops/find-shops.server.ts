import sql, { empty, raw, type Sql } from "sql-template-tag";
import type { Database } from "../../../../infra/database/database.ts";
import { postgresError } from "../../../../infra/database/database-error.ts";
import type { SessionLayout } from "../../../../infra/database/session-layout.ts";
import { PERMANENT_TOKEN_PREDICATE } from "../../../../tokens/index.ts";
import type { Cursor, ListedState, ShopFilter, ShopState } from "./shop-filter.ts";
import { shopReason, shopState } from "./shop-state-sql.ts";

/** A shop in a list. No token. */
export interface ListedShop {
  shop: string;
  state: ShopState;
  /** A code of the runbook: why it is in this state. */
  reason: string | null;
  /** When its refresh token ends; milliseconds since the epoch. */
  chainEnds: number | null;
  /** What the run came to for it. */
  outcome: string | null;
  code: string | null;
}

export interface ShopPage {
  shops: ListedShop[];
  next: Cursor | undefined;
  /** There were too many rows to look through for a full page; `next` looks on. */
  isPartial: boolean;
  /** The run whose outcomes are shown. */
  run: string | undefined;
}

interface Source {
  /** Rows in the order of one index: `key` and `id`. */
  from: Sql;
  /** What else is told of them: the rows `s` and `t`. */
  join: Sql;
  where: Sql;
  key: Sql;
  /** What a cursor is read as: a name, a moment, or an end of a refresh token as the table of sessions keeps it. */
  type: "text" | "timestamptz" | "end";
  id: Sql;
  descending?: boolean;
}

/** Entries of an index that one page looks through at most, so that a filter which hardly anything passes costs no more. */
const MOST_LOOKED_AT = 2_000;

/**
 * Looked up row by row, whatever the planner expects: it takes a page of a list for worth reading a whole table, and that is half a second
 * at a million shops.
 */
const withSession = (shop: string) =>
  raw(
    `LEFT JOIN LATERAL (SELECT * FROM "Session" WHERE "id" = 'offline_' || ${shop} AND NOT "isOnline" LIMIT 1) s ON true`,
  );
const withShopToken = (shop: string) =>
  raw(`LEFT JOIN LATERAL (SELECT * FROM expand_contract."ShopToken" WHERE "shop" = ${shop} LIMIT 1) t ON true`);

const SESSION = { from: raw(`"Session" s`), join: withShopToken(`lower(s."shop")`) };
/** The shop's own session is beside its mark, if there is one. */
const mark = (column: string): Source => ({
  from: raw(`expand_contract."ShopToken" t`),
  join: withSession(`t."shop"`),
  where: raw(`t."${column}" IS NOT NULL`),
  key: raw(`t."${column}"`),
  type: "timestamptz",
  id: raw(`t."shop"`),
  descending: true,
});

const ALL: Source = {
  ...SESSION,
  where: raw(`NOT s."isOnline"`),
  key: raw(`lower(s."shop") COLLATE "C"`),
  type: "text",
  id: raw(`s."id"`),
};
const PERMANENT: Source = {
  ...SESSION,
  where: raw(PERMANENT_TOKEN_PREDICATE.replaceAll(/"(isOnline|accessToken|refreshToken)"/g, 's."$1"')),
  key: raw(`lower(s."shop")`),
  type: "text",
  id: raw(`s."id"`),
};
const SOURCES: Record<ListedState, Source> = {
  permanent: PERMANENT,
  unserved: PERMANENT,
  expiring: {
    ...SESSION,
    where: raw(`NOT s."isOnline" AND s."refreshToken" IS NOT NULL`),
    key: raw(`s."refreshTokenExpires"`),
    type: "end",
    id: raw(`s."id"`),
  },
  needs_reauthorization: mark("needsReauthAt"),
  paused: mark("suspendedAt"),
  uninstalled: mark("uninstalledAt"),
};
/** Which states of a row belong to a state that is listed. */
const STATES_OF: Record<ListedState, readonly ShopState[]> = {
  permanent: ["permanent"],
  unserved: ["not_exchangeable", "unreachable", "foreign", "needs_reauthorization", "paused"],
  expiring: ["expiring", "ended"],
  needs_reauthorization: ["needs_reauthorization"],
  paused: ["paused"],
  uninstalled: ["uninstalled"],
};

interface Row extends ListedShop {
  key: string | null;
  id: string;
}

/** SQLSTATE class 22, data exception: a cursor that is no time or number to Postgres. */
const DATA_EXCEPTION = /^22/;

/**
 * One page of shops, in the order of the index that serves the filter. Measured at a million: docs/benchmarks/console.md. With a cursor of
 * another filter's list it is the first page.
 */
export async function findShops(
  db: Database,
  layout: SessionLayout,
  filter: ShopFilter,
  limit: number,
): Promise<ShopPage> {
  try {
    return await findPage(db, layout, filter, limit);
  } catch (error) {
    if (!filter.after || !DATA_EXCEPTION.test(postgresError(error)?.originalCode ?? "")) throw error;
    return findPage(db, layout, { ...filter, after: undefined }, limit);
  }
}

async function findPage(db: Database, layout: SessionLayout, filter: ShopFilter, limit: number): Promise<ShopPage> {
  const run = filter.run ?? (await findLatestRealRun(db));
  if (filter.outcome && run === undefined) return { shops: [], next: undefined, isPartial: false, run };
  const source = sourceOf(filter, run);
  const order = source.descending ? raw("DESC") : raw("ASC");
  const page = sql`WHERE ${source.where} ${beyond(source, layout, filter.after)}
    ORDER BY 1 ${order}, 2 ${order} LIMIT ${MOST_LOOKED_AT}`;
  const window = sql`
    SELECT ${source.key} AS "key", ${source.id} AS "id", lower(coalesce(s."shop", ${source.id})) AS "shop",
      ${raw(shopState(layout))} AS "state", ${raw(shopReason(layout))} AS "reason",
      ${raw(layout.msOf('s."refreshTokenExpires"'))} AS "chainEnds"
    FROM ${source.from} ${source.join} ${page}`;
  const states = filter.state ? JSON.stringify(STATES_OF[filter.state]) : null;
  const [from, until] = rangeOf(filter.search);
  const rows = await db.query<Row[]>(sql`
    SELECT w."key"::text, w."id", w."shop", w."state", w."reason", w."chainEnds", o."outcome", o."code"
    FROM (${window}) w LEFT JOIN expand_contract."MigrationOutcome" o ON o."runId" = ${run ?? ""} AND o."shop" = w."shop"
    WHERE (${states}::jsonb IS NULL OR ${states}::jsonb ? w."state")
      AND (${from}::text IS NULL OR (w."shop" COLLATE "C" >= ${from} AND w."shop" COLLATE "C" < ${until}))
    ORDER BY w."key" ${order}, w."id" ${order} LIMIT ${limit + 1}`);
  const shops = rows.slice(0, limit).map(({ key: _key, id: _id, ...shop }) => shop);
  if (rows.length > limit) return { shops, next: cursorOf(rows[limit - 1]!), isPartial: false, run };
  const [last] = await db.query<{ key: string | null; id: string }[]>(sql`
    SELECT "key"::text, "id" FROM (SELECT ${source.key} AS "key", ${source.id} AS "id" FROM ${source.from} ${page}) w OFFSET ${MOST_LOOKED_AT - 1} LIMIT 1`);
  return { shops, next: last && cursorOf(last), isPartial: last !== undefined, run };
}

function sourceOf({ state, outcome, search }: ShopFilter, run: string | undefined): Source {
  if (outcome && state && SOURCES[state].type === "timestamptz") {
    // Marks are few: they are looked through, and the outcome of each is looked up.
    const where = sql`${SOURCES[state].where} AND EXISTS (SELECT FROM expand_contract."MigrationOutcome" r
      WHERE r."runId" = ${run} AND r."shop" = t."shop" AND r."outcome" = ${outcome})`;
    return { ...SOURCES[state], where };
  }
  if (outcome) {
    return {
      from: raw(`expand_contract."MigrationOutcome" r`),
      join: sql`${withSession(`r."shop"`)} ${withShopToken(`r."shop"`)}`,
      where: sql`r."runId" = ${run} AND r."outcome" = ${outcome}`,
      key: raw(`r."shop"`),
      type: "text",
      id: raw(`r."shop"`),
    };
  }
  if (search) {
    const [from, until] = rangeOf(search);
    const where = sql`${ALL.where} AND ${ALL.key} >= ${from} AND ${ALL.key} < ${until}`;
    return { ...ALL, where };
  }
  return state ? SOURCES[state] : ALL;
}

/** Names that begin so: no character of a name is above `~`. */
function rangeOf(search: string | undefined): [string | null, string | null] {
  return search === undefined ? [null, null] : [search, `${search}~`];
}

/** The leading column by itself as well, so that an index which has only that one is entered at the right place. */
function beyond({ key, id, type, descending }: Source, layout: SessionLayout, cursor: Cursor | undefined): Sql {
  // From the beginning, too: without a bound the planner takes the few rows that it expects of a partial index for worth sorting.
  const after = cursor ?? (type === "text" ? { key: "", id: "" } : undefined);
  const cast = type === "end" ? layout.endsType : type;
  if (!after) return empty;
  return descending
    ? sql`AND ${key} <= ${after.key}::${raw(cast)} AND (${key}, ${id}) < (${after.key}::${raw(cast)}, ${after.id})`
    : sql`AND ${key} >= ${after.key}::${raw(cast)} AND (${key}, ${id}) > (${after.key}::${raw(cast)}, ${after.id})`;
}

function cursorOf({ key, id }: { key: string | null; id: string }): Cursor | undefined {
  return key === null ? undefined : { key, id };
}

async function findLatestRealRun(db: Database): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }[]>(sql`
    SELECT "id" FROM expand_contract."MigrationRun" WHERE NOT "dryRun" ORDER BY "startedAt" DESC LIMIT 1`);
  return row?.id;
}
