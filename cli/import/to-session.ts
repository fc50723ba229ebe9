/** A session as the table `Session` has it, whatever storage it comes from. Times are milliseconds since the epoch. */
export interface ImportedSession {
  id: string;
  shop: string;
  state: string;
  isOnline: boolean;
  scope: string | null;
  expires: number | null;
  accessToken: string;
  userId: string | null;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  accountOwner: boolean | null;
  locale: string | null;
  collaborator: boolean | null;
  emailVerified: boolean | null;
  refreshToken: string | null;
  refreshTokenExpires: number | null;
}

/** A row as a storage keeps it: the columns of a table, or the properties of a Redis value. */
export type RawRow = Readonly<Record<string, unknown>>;

/** Why a row could not be read. Holds no value of the row. */
export class UnreadableRow extends Error {}

/** Shopify's storages for SQL count seconds, Prisma and Redis milliseconds. As milliseconds this is in 1973, as seconds in the year 5138. */
const SECONDS_BELOW = 100_000_000_000;
const YEAR_10000 = 253_402_300_800_000;
/** Of a shop, or a custom domain of one. */
const DOMAIN = /^[a-z0-9][a-z0-9.-]{0,252}$/i;
const MOST_BIGINT = 2n ** 63n;

/**
 * Reads a row of any of Shopify's storages: @shopify/shopify-app-session-storage-sqlite, -mysql, -redis and -prisma, of all versions.
 * @throws UnreadableRow
 */
export function toSession(row: RawRow): ImportedSession {
  // Column names differ in case where a database folds them.
  const values = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
  const get = (name: string) => values.get(name.toLowerCase()) ?? null;
  const text = (name: string) => textOf(name, get(name));
  const flag = (name: string) => flagOf(name, get(name));
  const required = (name: string) => text(name) || fail(`has no ${name}`);
  return {
    id: required("id"),
    shop: DOMAIN.test(required("shop")) ? required("shop") : fail("is of no shop: its name is no domain"),
    state: text("state") ?? "",
    isOnline: flag("isOnline") ?? false,
    scope: text("scope"),
    expires: time("expires", get("expires")),
    accessToken: required("accessToken"),
    userId: userIdOf(text("userId") ?? text("onlineAccessInfo")),
    firstName: text("firstName"),
    lastName: text("lastName"),
    email: text("email"),
    accountOwner: flag("accountOwner"),
    locale: text("locale"),
    collaborator: flag("collaborator"),
    emailVerified: flag("emailVerified"),
    refreshToken: text("refreshToken") || null,
    refreshTokenExpires: time("refreshTokenExpires", get("refreshTokenExpires")),
  };
}

function fail(reason: string): never {
  throw new UnreadableRow(reason);
}

/** Binary columns hold the same text. What Postgres cannot keep would fail every row that is written beside it. */
function textOf(name: string, value: unknown): string | null {
  if (value === null) return null;
  const text = value instanceof Uint8Array ? decode(name, value) : String(value as string | number | bigint);
  return text.includes("\0") || /\p{Surrogate}/u.test(text)
    ? fail(`has a character in ${name} that Postgres cannot keep`)
    : text;
}

function decode(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fail(`has no text in ${name}`);
  }
}

const YES = new Set(["1", "true", "t", "yes", "y", "on"]);
const NO = new Set(["0", "false", "f", "no", "n", "off", ""]);

/** Whether a session is online is never guessed: a member of staff's token must not pass for the shop's. */
function flagOf(name: string, value: unknown): boolean | null {
  if (value === null) return null;
  // MySQL's BIT(1) is one byte.
  const said = value instanceof Uint8Array && value.length === 1 && value[0]! < 2 ? value[0] : textOf(name, value);
  const word = String(said).toLowerCase();
  return YES.has(word) || (NO.has(word) ? false : fail(`has neither yes nor no in ${name}`));
}

function time(name: string, value: unknown): number | null {
  // An empty number is how SQLite's storage keeps "never".
  if (value === null || value === "" || Number(value) === 0) return null;
  const ms =
    value instanceof Date ? value.getTime() : typeof value === "string" ? fromText(value) : fromNumber(Number(value));
  return Math.abs(ms) < YEAR_10000 ? ms : fail(`has no time in ${name}`);
}

function fromNumber(value: number): number {
  return value < SECONDS_BELOW ? value * 1000 : value;
}

/** ISO 8601, with or without its T and zone (both databases mean UTC), or digits. */
function fromText(value: string): number {
  if (/^\d+(?:\.\d+)?$/.test(value)) return fromNumber(Number(value));
  const dated = value.replace(" ", "T");
  // Postgres writes whole hours of an offset alone; a date alone ends in the same way.
  const iso = dated.length > 10 && /[+-]\d\d$/.test(dated) ? `${dated}:00` : dated;
  return Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/i.test(iso) ? iso : `${iso}Z`);
}

/** Older versions kept the user's id alone, or Shopify's whole answer, in one column. */
function userIdOf(value: string | null): string | null {
  if (value === null) return null;
  // A number that a driver gave as a double stands in a text column with its point.
  const [, digits] = /^(\d+)(?:\.0)?$/.exec(value) ?? [];
  if (digits) return BigInt(digits) < MOST_BIGINT ? digits : fail("has no user's id in userId");
  try {
    const { associated_user: user } = JSON.parse(value) as { associated_user?: { id?: number } };
    return user?.id === undefined ? null : String(user.id);
  } catch {
    return null;
  }
}
