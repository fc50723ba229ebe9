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

/**
 * Reads a row of any of Shopify's storages: @shopify/shopify-app-session-storage-sqlite, -mysql, -redis and -prisma, of all versions.
 * @throws UnreadableRow
 */
export function toSession(row: RawRow): ImportedSession {
  // Column names differ in case where a database folds them.
  const values = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
  const get = (name: string) => values.get(name.toLowerCase()) ?? null;
  const text = (name: string) => {
    const value = get(name);
    return value === null ? null : String(value as string | number | bigint);
  };
  const required = (name: string) => text(name) || fail(`has no ${name}`);
  return {
    id: required("id"),
    shop: required("shop"),
    state: text("state") ?? "",
    isOnline: flag(get("isOnline")) ?? false,
    scope: text("scope"),
    expires: time("expires", get("expires")),
    accessToken: required("accessToken"),
    userId: userIdOf(text("userId") ?? text("onlineAccessInfo")),
    firstName: text("firstName"),
    lastName: text("lastName"),
    email: text("email"),
    accountOwner: flag(get("accountOwner")),
    locale: text("locale"),
    collaborator: flag(get("collaborator")),
    emailVerified: flag(get("emailVerified")),
    refreshToken: text("refreshToken") || null,
    refreshTokenExpires: time("refreshTokenExpires", get("refreshTokenExpires")),
  };
}

function fail(reason: string): never {
  throw new UnreadableRow(reason);
}

function flag(value: unknown): boolean | null {
  if (value === null) return null;
  return value === true || value === "true" || Number(value) === 1;
}

function time(name: string, value: unknown): number | null {
  // An empty number is how SQLite's storage keeps "never".
  if (value === null || value === "" || value === 0) return null;
  const ms =
    value instanceof Date ? value.getTime() : typeof value === "string" ? fromText(value) : fromNumber(Number(value));
  return Number.isFinite(ms) ? ms : fail(`has no time in ${name}`);
}

function fromNumber(value: number): number {
  return value < SECONDS_BELOW ? value * 1000 : value;
}

/** ISO 8601, with or without its T and zone (both databases mean UTC), or digits. */
function fromText(value: string): number {
  if (/^\d+$/.test(value)) return fromNumber(Number(value));
  const iso = value.replace(" ", "T");
  return Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/i.test(iso) ? iso : `${iso}Z`);
}

/** Older versions kept the user's id alone, or Shopify's whole answer, in one column. */
function userIdOf(value: string | null): string | null {
  if (value === null) return null;
  // A number that a driver gave as a double stands in a text column with its point.
  const [, digits] = /^(\d+)(?:\.0)?$/.exec(value) ?? [];
  if (digits) return digits;
  try {
    const { associated_user: user } = JSON.parse(value) as { associated_user?: { id?: number } };
    return user?.id === undefined ? null : String(user.id);
  } catch {
    return null;
  }
}
