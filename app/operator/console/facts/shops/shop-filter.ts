/** States of a shop that can be listed, each by an index of its own. */
export const LISTED_STATES = [
  "permanent",
  "unserved",
  "expiring",
  "needs_reauthorization",
  "paused",
  "uninstalled",
] as const;
export type ListedState = (typeof LISTED_STATES)[number];

/** Every state that a row can be in. */
export type ShopState =
  | "permanent"
  | "not_exchangeable"
  | "unreachable"
  | "foreign"
  | "expiring"
  | "ended"
  | "needs_reauthorization"
  | "paused"
  | "uninstalled"
  | "empty";

export const LISTED_OUTCOMES = [
  "migrated",
  "failed",
  "needs_reauthorization",
  "not_exchangeable",
  "suspended",
  "uninstalled",
  "already_expiring",
  "placeholder",
  "custom_app",
  "waiting",
] as const;
type ListedOutcome = (typeof LISTED_OUTCOMES)[number];

/** Where a page ends, and the next one begins. */
export interface Cursor {
  key: string;
  id: string;
}

export interface ShopFilter {
  state?: ListedState;
  /** Of the run `run`, else of the latest one that was no rehearsal. */
  outcome?: ListedOutcome;
  run?: string;
  /** The beginning of a shop's name, in lower case. */
  search?: string;
  after?: Cursor;
}

const NAME = /^[a-z0-9._-]{1,255}$/;
const RUN = /^[\w-]{1,64}$/;
const MOST_CURSOR = 1_000;

/** How each field of a filter is read, and what is said of a text that it cannot be. */
const FIELDS: { [Name in keyof ShopFilter]-?: [read: (text: string) => ShopFilter[Name], problem: string] } = {
  state: [oneOf(LISTED_STATES), `state must be one of ${LISTED_STATES.join(", ")}`],
  outcome: [oneOf(LISTED_OUTCOMES), `outcome must be one of ${LISTED_OUTCOMES.join(", ")}`],
  run: [(text) => (RUN.test(text) ? text : undefined), "run must be a run's id"],
  search: [shopNameOf, "search must be the beginning of a shop's domain"],
  after: [readCursor, "after must be what the page before gave as next"],
};

/** A filter out of an address, and what of it cannot be used. */
export function parseShopFilter(query: URLSearchParams): { filter: ShopFilter; problem?: string } {
  const filter: ShopFilter = {};
  for (const [name, [read, problem]] of Object.entries(FIELDS)) {
    const text = (query.get(name) ?? "").trim();
    if (!text) continue;
    const value = read(text);
    if (value === undefined) return { filter, problem };
    Object.assign(filter, { [name]: value });
  }
  return { filter };
}

/** A name out of what people paste: a domain, an address of the shop, or one of its pages in Shopify Admin. */
function shopNameOf(text: string): string | undefined {
  const bare = text
    .trim()
    .toLowerCase()
    .slice(0, MOST_CURSOR)
    .replace(/^https?:\/\//, "");
  const [host = "", first, second] = bare.split(/[/?#]/);
  const isAdmin = host === "admin.shopify.com" && first === "store" && second;
  const name = isAdmin ? `${second}.myshopify.com` : host;
  return NAME.test(name) ? name : undefined;
}

export function writeCursor({ key, id }: Cursor): string {
  return Buffer.from(JSON.stringify([key, id])).toString("base64url");
}

function readCursor(text: string): Cursor | undefined {
  if (text.length > MOST_CURSOR || !/^[\w-]+$/.test(text)) return undefined;
  try {
    const read = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown;
    if (!Array.isArray(read) || read.length !== 2) return undefined;
    const [key, id] = read as [unknown, unknown];
    const isText = (value: unknown): value is string =>
      typeof value === "string" && !/[\u0000\ud800-\udfff]/u.test(value);
    return isText(key) && isText(id) ? { key, id } : undefined;
  } catch {
    return undefined;
  }
}

/** The filter as a query, without the cursor. */
export function filterQuery({ state, outcome, run, search }: ShopFilter): URLSearchParams {
  const given = Object.entries({ search, state, outcome, run }).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given as [string, string][]);
}

function oneOf<T extends string>(list: readonly T[]) {
  return (text: string) => list.find((one) => one === text);
}
