import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Methods and files of Shopify's libraries that look up a shop which only the query's `shop` names, before any signature is checked. */
const NAMES = /\b(ensureInstalledOnShop|ensure-installed-on-shop|AuthCodeFlowStrategy|auth-code-flow)\b/;
/**
 * What `ensureInstalledOnShop` of @shopify/shopify-app-express says just before its lookup: a bundler keeps it where it drops names. In two
 * parts, or a bundle would have it here as well.
 */
const WORDS = ["Checking if shop", "has installed the app"].join(" ");
/** How far before the lookup that is, in characters, with room for indentation. */
const BEFORE = 500;
/**
 * Our own two, the library's two, and Node's between them. Further down is what the library runs after its lookup: a handler behind the
 * middleware of Express.
 */
const FRAMES = 5;
/** Whether the code at a place is such a lookup. A process has few such places. */
const known = new Map<string, boolean>();

/**
 * Whether one of the libraries looks up a shop that any stranger can have named: the authorization code strategies do, to choose between
 * the app and its installation. A storage is told no more than an id, so this looks at who calls: by name, and, for bundles that have
 * dropped the names of functions and files, by the code at the caller's place. Call it at once in `loadSession`: only asked where a token
 * would be renewed outside of `withRequest`; a request that is wrapped says itself what it proves.
 */
export function isUnverifiedLookup(): boolean {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  if (NAMES.test(stack)) return true;
  return stack.split("\n").some(isPlaceOfLookup);
}

/** @param frame `at loadShop (file:///app/bundle.js:1:2345)`, or the same without name and brackets. */
function isPlaceOfLookup(frame: string): boolean {
  const place = frame.slice(frame.search(/file:|\/|[A-Z]:\\/)).replace(/\)$/, "");
  const [file, line, column] = [place.split(":").slice(0, -2).join(":"), ...place.split(":").slice(-2).map(Number)];
  if (!line || !column) return false;
  let found = known.get(place);
  if (found === undefined) known.set(place, (found = saysSo(file, line, column)));
  return found;
}

function saysSo(file: string, line: number, column: number): boolean {
  try {
    const lines = readFileSync(file.startsWith("file:") ? fileURLToPath(file) : file, "utf8").split("\n");
    const before = `${lines.slice(Math.max(0, line - 12), line - 1).join("\n")}\n${lines[line - 1]?.slice(0, column) ?? ""}`;
    return before.slice(-BEFORE).includes(WORDS);
  } catch {
    // No file: node's own code, or code that was made at run time.
    return false;
  }
}
