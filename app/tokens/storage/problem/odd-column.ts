import type { StorageProblem } from "../../errors.ts";
import type { SessionColumn } from "./storage-catalogue.ts";

const TIMES = new Set(["expires", "refreshTokenExpires"]);
const TOKENS = new Set(["accessToken", "refreshToken"]);
/** Above it a number counts milliseconds, below it seconds. */
const LEAST_MILLISECONDS = 100_000_000_000;

/**
 * A column of `Session` that Postgres computes by itself, or whose type does not keep what is written; undefined when there is none.
 * @param judgesTimes times should be timestamps; another layout keeps them as numbers.
 */
export function findOddColumn(all: readonly SessionColumn[], judgesTimes: boolean): StorageProblem | undefined {
  const columns = judgesTimes ? all : all.filter(({ name }) => !TIMES.has(name));
  const computed = columns.filter(({ isGenerated, isIdentity }) => isGenerated || isIdentity);
  if (computed.length > 0) {
    return {
      kind: "generated",
      what: `Postgres computes ${names(computed)} of "Session" by itself and takes no value`,
      remedy: [
        ...computed.map(({ name, isGenerated }) => alter(name, isGenerated ? "DROP EXPRESSION" : "DROP IDENTITY")),
        ...retyped(computed),
      ].join(" "),
    };
  }
  const odd = columns.filter((column) => remedyOf(column) !== undefined);
  if (odd.length === 0) return undefined;
  return {
    kind: "wrong_type",
    what: `"Session" has ${odd.map(({ name, type }) => `"${name}" of type ${type}`).join(", ")}, which does not keep what is written`,
    remedy: retyped(odd).join(" "),
  };
}

/** Two of our indexes compare tokens with a text: Postgres changes no other type into text from under them. */
const DROP_INDEXES = `DROP INDEX IF EXISTS "Session_unrefreshable_idx", "Session_unrefreshable_shop_idx";`;
const MAKE_INDEXES = "-- then npm run db:deploy, which makes the indexes again";

function retyped(columns: readonly SessionColumn[]): string[] {
  const remedies = columns.flatMap((column) => remedyOf(column) ?? []);
  const isIndexed = columns.some(({ name, category }) => TOKENS.has(name) && category !== "S");
  return isIndexed ? [DROP_INDEXES, ...remedies, MAKE_INDEXES] : remedies;
}

/** Postgres names the type: `value too long for type character varying(20)`. */
const NARROW_TYPE = /character(?: varying)?\(\d+\)/;

/**
 * The columns of the type that a value was too long for; undefined when none of them has it: then it was for something else.
 * @param words of the error; without a type in them every column with a longest length may be meant.
 */
export function tooNarrow(columns: readonly SessionColumn[], words: string): StorageProblem | undefined {
  const [narrow] = NARROW_TYPE.exec(words) ?? [];
  const bounded = columns.filter(({ type }) =>
    narrow === undefined ? /^character.*\(/.test(type) : type.startsWith(narrow),
  );
  if (bounded.length === 0) return undefined;
  return {
    kind: "too_narrow",
    what: `a column of "Session" is too narrow: ${names(bounded)}`,
    remedy: bounded.map(({ name }) => alter(name, "TYPE text")).join(" "),
  };
}

function remedyOf({ name, type, category, isFuzzy }: SessionColumn): string | undefined {
  if (TIMES.has(name)) {
    return /^timestamp/.test(type) ? undefined : alter(name, `TYPE timestamp(3) USING ${timeOf(name, category, type)}`);
  }
  if (name === "isOnline") {
    if (type === "boolean") return undefined;
    const change = (what: string) => `ALTER COLUMN "isOnline" ${what}`;
    return `ALTER TABLE "Session" ${change("DROP DEFAULT")}, ${change(`TYPE boolean USING "isOnline"::text IN ('1', 't', 'true')`)}, ${change("SET DEFAULT false")};`;
  }
  if (isFuzzy && TOKENS.has(name)) return alter(name, `TYPE text COLLATE "default"`);
  // char(n) adds blanks to a token; name ends after 63 bytes.
  if (category === "S" && type !== "name" && !(TOKENS.has(name) && /^character\(/.test(type))) return undefined;
  if (name === "id") return idRemedy(type);
  const using =
    type === "bytea" ? `convert_from("${name}", 'UTF8')` : type === "jsonb" ? `"${name}" #>> '{}'` : `"${name}"::text`;
  return alter(name, `TYPE text USING ${using}`);
}

/** An id of another kind is no id of the Shopify library's sessions: offline ones are found by their shop's name. */
function idRemedy(type: string): string | undefined {
  const change = (what: string) => `ALTER COLUMN "id" ${what}`;
  const ids = `CASE WHEN "isOnline" THEN "id"::text ELSE 'offline_' || lower("shop") END`;
  return `ALTER TABLE "Session" ${change("DROP DEFAULT")}, ${change(`TYPE text USING ${type === "bytea" ? `convert_from("id", 'UTF8')` : ids}`)};`;
}

function timeOf(name: string, category: string, type: string): string {
  // A time of day, or a span, without a day says nothing.
  if (category === "T" || /^time\b/.test(type)) return "NULL";
  if (category !== "N") return `"${name}"::timestamp(3)`;
  const seconds = `CASE WHEN "${name}" < ${LEAST_MILLISECONDS} THEN "${name}" ELSE "${name}" / 1000.0 END`;
  return `to_timestamp(${seconds}) AT TIME ZONE 'UTC'`;
}

const alter = (name: string, change: string) => `ALTER TABLE "Session" ALTER COLUMN "${name}" ${change};`;
const names = (columns: readonly SessionColumn[]) => columns.map(({ name }) => `"${name}"`).join(", ");
