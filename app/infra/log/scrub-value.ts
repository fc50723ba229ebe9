import { isSecretName, isSecretUnderSharedName, isSharedName, type SecretScrubber } from "./secret-scrubber.ts";

const REDACTED = "[redacted]";
/** Characters of one string, levels of nesting, and entries of one object or list that are written. */
const LONGEST_TEXT = 8_192;
const DEEPEST = 8;
const MOST_ENTRIES = 100;
/** The only names under which 32 hexadecimal digits are no token: proxies make ids of requests like that. */
const IDS = new Set(["requestId", "runId", "jobId", "webhookId"]);

/**
 * A copy of what is about to be written, with every string scrubbed and the values of secret names left out. It works on values, not on
 * their JSON, so that escaping cannot hide a token; and it is bounded in length, width and depth.
 */
export function scrubValue(value: unknown, scrub: SecretScrubber): unknown {
  return copy("", value, scrub, 0, new Set());
}

function copy(name: string, value: unknown, scrub: SecretScrubber, depth: number, within: Set<object>): unknown {
  if (typeof value === "string") return text(name, value, scrub);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (isSecretName(name)) return REDACTED;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return text(name, value.href, scrub);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (within.has(value)) return "[circular]";
  if (depth >= DEEPEST) return "[deeper]";
  within.add(value);
  try {
    const inner = (key: string, item: unknown) => copy(key, item, scrub, depth + 1, within);
    if (value instanceof Error) return error(value, inner);
    if (Array.isArray(value) || value instanceof Set) return list(name, value, inner);
    if (isKeyed(value)) return entries(value.entries(), scrub, inner);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return inner(name, toJSON.call(value) as unknown);
    return entries(
      Object.keys(value).map((key) => [key, read(value, key)] as const),
      scrub,
      inner,
    );
  } catch {
    return "[unreadable]";
  } finally {
    within.delete(value);
  }
}

type Inner = (key: string, item: unknown) => unknown;

function text(name: string, value: string, scrub: SecretScrubber): string {
  if (value !== "" && (isSecretName(name) || isSecretUnderSharedName(name, value))) return REDACTED;
  return scrub.bounded(value, LONGEST_TEXT, { hexTokens: !IDS.has(name) });
}

/** Name, message, stack, cause and whatever else an error carries (`code`, `meta`, the errors of an AggregateError). */
function error(value: Error, inner: Inner): Record<string, unknown> {
  const copied: Record<string, unknown> = {
    type: inner("type", value.name),
    message: inner("message", value.message),
    stack: inner("stack", value.stack),
  };
  const others = new Set([...Object.keys(value).slice(0, MOST_ENTRIES), "cause", "errors"]);
  for (const key of others) if (!(key in copied) && key in value) copied[key] = inner(key, read(value, key));
  return copied;
}

/** Lists of name and value alternately, as Node's `rawHeaders` and the pairs of a header list are, keep the secret of a name as well. */
function list(name: string, value: Iterable<unknown>, inner: Inner): unknown[] {
  const copied: unknown[] = [];
  let before: unknown;
  for (const item of value) {
    if (copied.length >= MOST_ENTRIES) {
      copied.push("…");
      break;
    }
    copied.push(inner(typeof before === "string" && isTelling(before) ? before : name, item));
    before = item;
  }
  return copied;
}

const isTelling = (name: string) => isSecretName(name) || isSharedName(name);

function entries(
  pairs: Iterable<readonly [unknown, unknown]>,
  scrub: SecretScrubber,
  inner: Inner,
): Record<string, unknown> {
  const copied: Record<string, unknown> = {};
  let count = 0;
  for (const [key, item] of pairs) {
    if (count++ >= MOST_ENTRIES) {
      copied["…"] = "more";
      break;
    }
    const name = String(key);
    copied[scrub.bounded(name, LONGEST_TEXT)] = inner(name, item);
  }
  return copied;
}

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return "[unreadable]";
  }
}

/** Map, Headers, URLSearchParams, FormData. */
function isKeyed(value: object): value is { entries(): Iterable<readonly [unknown, unknown]> } {
  return (
    value instanceof Map || value instanceof Headers || value instanceof URLSearchParams || value instanceof FormData
  );
}
