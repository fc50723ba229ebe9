/**
 * Takes tokens and secrets out of text. The last line of defence: nothing should put them there in the first place.
 *
 * Every expression here is linear in the length of the text, whatever the text is: each either consumes what it looked at, or gives up
 * after a bounded number of characters. None relies on a word boundary, because escaping (`\nshpat_…`, `%22shpat_…`) puts letters and
 * digits directly before a token.
 */
const REDACTED = "[redacted]";

/** Characters beside a cut that are dropped with it, so that no part of a known secret is left; at least the longest of them. */
const LEAST_MARGIN = 1_024;

type Rule = readonly [RegExp, string | ((match: string, ...groups: string[]) => string)];

/** Shopify's tokens by prefix, JSON Web Tokens, private keys, credentials of `Bearer`, `Basic` and connection strings. */
const SHAPES: readonly Rule[] = [
  [/shp[a-z]{2,4}(?:_|%5F|\\u005f)[\w-]{6,}/gi, REDACTED],
  [/eyJ[\w.-]{10,}/g, REDACTED],
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-"]*/g, REDACTED],
  [/(Bearer(?:\s|%20|\+){1,4})[^\s"'\\,]{6,}/gi, `$1${REDACTED}`],
  [/(Basic(?:\s|%20|\+){1,4})([A-Za-z0-9+/_-]{4,}={0,2})/gi, redactBasic],
  [/(:\/\/[^\s"\\/?#@:]{0,256}:)[^\s"\\/?#@]{1,512}@/g, `$1${REDACTED}@`],
];

/** Names whose values are secret, alone or at the end of a longer name (`refresh_token`, `X-Shopify-Hmac-Sha256`). */
const SECRET_NAME =
  "(?:token|secret|secret[_-]?key|hmac|hmac[_-]?sha256|password|passwd|authorization|cookie|assertion|private[_-]?key|encryption[_-]?keys?)";
/** Names that other things have as well: an OAuth code is secret, an error's code is not. See `isStableCode`. */
const SHARED_NAME = "(?:code|state|session|signature|nonce)";
/** Where such a name may begin: not inside of a word, but after an escape (`\n`, `%3F`), which ends in a letter. */
const BEGIN = String.raw`(?:(?<![A-Za-z0-9_])|(?<=\\[a-z])|(?<=%[0-9A-F]{2}))`;
/** What stands between a name and a value of JSON (in text, in a string of JSON, in an address), up to the value's opening quote. */
const JSON_GAP = String.raw`(?:\\{0,4}["']|%22)\s{0,4}(?::|%3A)(?:\s|%20){0,4}(?:\\{0,4}["']|%22)`;
const JSON_VALUE = String.raw`((?:[^"'\\%]|\\[^"'\\]|%(?!22))+)`;
const VALUE = String.raw`([^\s"'&;,<>\\]+)`;

const NAMES: readonly Rule[] = [
  [new RegExp(`(${SECRET_NAME}${JSON_GAP})${JSON_VALUE}`, "gi"), `$1${REDACTED}`],
  [new RegExp(`(${BEGIN}${SHARED_NAME}${JSON_GAP})${JSON_VALUE}`, "gi"), redactUnlessStable],
  [/((?:authorization|cookie)\s{0,4}(?::|=|%3A|%3D)\s{0,4})[^\s"\\][^\r\n"\\]*/gi, `$1${REDACTED}`],
  [new RegExp(String.raw`(${SECRET_NAME}\s{0,4}(?::|=|%3A|%3D)\s{0,4})${VALUE}`, "gi"), `$1${REDACTED}`],
  [new RegExp(`(${BEGIN}${SHARED_NAME}(?:=|%3D))${VALUE}`, "gi"), `$1${REDACTED}`],
];

export interface SecretScrubber {
  /** Replaces every known secret and every shape of one. */
  (text: string): string;
  /** The same, of at most `limit` characters of the text; what is cut off is not looked at. */
  bounded(text: string, limit: number, options?: { hexTokens?: boolean }): string;
}

/** Returns a function that replaces every shape of secret above, and each of `literals` (at least 6 characters long) however it is encoded. */
export function createSecretScrubber(literals: readonly (string | undefined)[] = []): SecretScrubber {
  const known = [...new Set(literals.flatMap(encodingsOf))].sort((a, b) => b.length - a.length);
  const margin = Math.max(LEAST_MARGIN, known[0]?.length ?? 0);

  const scrub = (text: string, hexTokens = false): string => {
    let clean = text;
    for (const literal of known) clean = clean.replaceAll(literal, REDACTED);
    for (const [shape, by] of [...SHAPES, ...NAMES]) clean = clean.replace(shape, by as string);
    return hexTokens ? withoutHexTokens(clean) : clean;
  };
  return Object.assign((text: string) => scrub(text), {
    bounded: (text: string, limit: number, { hexTokens = true } = {}) => {
      if (text.length <= limit) return scrub(text, hexTokens);
      const clean = scrub(text.slice(0, limit + margin), hexTokens);
      return `${clean.slice(0, Math.max(0, Math.min(limit, clean.length - margin)))}…`;
    },
  });
}

/** Tokens from before Shopify's prefixes: 32 hexadecimal digits. Not for ids of requests, which look the same. */
function withoutHexTokens(text: string): string {
  return text.replace(/[0-9a-f]+/gi, (run) => (run.length < 32 ? run : REDACTED));
}

/** Whether a name (of a header, a field, a variable) says that its value is secret. */
export function isSecretName(name: string): boolean {
  return /(?:token|secret|secretkey|hmac|hmacsha256|password|passwd|authorization|cookies?|assertion|privatekey|encryptionkeys?)$/.test(
    name.slice(-64).toLowerCase().replaceAll(/[_-]/g, ""),
  );
}

/** Whether `value` may be an OAuth code, a state or the like under a name that harmless things have as well. */
export function isSecretUnderSharedName(name: string, value: string): boolean {
  return isSharedName(name) && !isStableCode(value);
}

export function isSharedName(name: string): boolean {
  return /^(?:code|state|session|signature|nonce)$/i.test(name);
}

/** `lease_lost`, `ECONNREFUSED`, `P2002`, `42P01`, `200`: the codes of errors, which no OAuth code looks like. */
function isStableCode(value: string): boolean {
  return (
    value === REDACTED ||
    (value.length <= 40 &&
      /^(?:[a-z]+(?:[_-][a-z]+)*|[A-Z]+(?:_[A-Z0-9]+)*|[A-Z]\d{4}|[0-9A-Z]{5}|\d{1,5})$/.test(value))
  );
}

function redactUnlessStable(match: string, before: string, value: string): string {
  return isStableCode(value) ? match : before + REDACTED;
}

/** RFC 7617: credentials are `user:password` in base64. Other words after "Basic" are words. */
function redactBasic(match: string, before: string, value: string): string {
  return Buffer.from(value, "base64").includes(":") ? before + REDACTED : match;
}

function encodingsOf(literal: string | undefined): string[] {
  if (literal === undefined || literal.length < 6) return [];
  return [literal, encodeURIComponent(literal), JSON.stringify(literal).slice(1, -1)];
}
