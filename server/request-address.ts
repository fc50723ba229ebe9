import type { Problem } from "../app/operator/access/problem.ts";

/** Longer addresses are refused. Shopify's, with an ID token and a signature in them, have about 1.5 kB; the longest of our own 4. */
const LONGEST_ADDRESS = 8_192;
const MOST_SEGMENTS = 32;
const LONGEST_LOGGED = 200;
/** What lazy route discovery may ask for at once: each segment of each path is looked up by itself. */
const MOST_DISCOVERED = { characters: 2_048, segments: 64 };

/** The one reading of a request's target: the router, the limits, the log and the metrics all use this. */
export interface RequestAddress {
  /** Normalised, beginning with a slash. */
  path: string;
  /** Empty, or beginning with a question mark. Never logged: Shopify puts ID tokens and codes there. */
  search: string;
  /** The path as it is logged: bounded. */
  logged: string;
  /** Why such an address is refused. */
  problem?: Problem;
}

/**
 * Reads the target of a request's first line. The `Host` header has no part in it.
 * @param target as Node's `request.url` gives it.
 */
export function readAddress(target: string): RequestAddress {
  if (target.length > LONGEST_ADDRESS) return refused(target.slice(0, LONGEST_LOGGED), TOO_LONG);
  const url = URL.parse(target.startsWith("/") ? `http://app${target}` : target);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) return refused(target, MALFORMED);
  const { pathname: path, search } = url;
  const problem = problemOf(path, search, url.searchParams);
  return { path, search, logged: path.slice(0, LONGEST_LOGGED), ...(problem && { problem }) };
}

function problemOf(path: string, search: string, query: URLSearchParams): Problem | undefined {
  if (!isDecodable(path) || /%00/.test(search)) return MALFORMED;
  if (path.includes("//") || path.split("/").length > MOST_SEGMENTS) return NOT_FOUND;
  // Remix's way to ask for a route's data before single fetch; this app never does.
  if (query.has("_data")) return MALFORMED;
  if (path === "/__manifest") {
    const segments = query.getAll("p").join("").split("/").length;
    if (search.length > MOST_DISCOVERED.characters || segments > MOST_DISCOVERED.segments) return TOO_LONG;
  }
  return undefined;
}

/** Percent-encoding that means UTF-8 text without control characters, and without backslashes: a `URL` reads those as slashes. */
function isDecodable(path: string): boolean {
  try {
    return !/[\u0000-\u001f\u007f\\]/.test(decodeURIComponent(path));
  } catch {
    return false;
  }
}

function refused(target: string, problem: Problem): RequestAddress {
  return { path: "/", search: "", logged: target.split("?")[0]!.slice(0, LONGEST_LOGGED), problem };
}

const MALFORMED: Problem = {
  status: 400,
  code: "malformed_address",
  detail: "The address of this request cannot be read. It may have been copied incompletely.",
};
const TOO_LONG: Problem = {
  status: 414,
  code: "address_too_long",
  detail: `The address of a request may have ${LONGEST_ADDRESS} characters at most.`,
};
const NOT_FOUND: Problem = {
  status: 404,
  code: "not_found",
  detail: "There is nothing at this address. It may be mistyped or out of date.",
};
