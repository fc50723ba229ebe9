/**
 * The longest wait that one answer can ask for. Shopify's own are seconds; a day, by mistake or by a proxy, must not put a shop
 * off for a day, and asking once in ten minutes harms no one.
 */
export const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/**
 * `Retry-After` in milliseconds: seconds, whole or decimal as Shopify writes them ("2.0"), or an HTTP date.
 * @param now milliseconds since the epoch.
 * @returns more than 0 and at most LONGEST_RETRY_AFTER_MS; undefined when the value is missing, past, or cannot be read.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function retryAfterMs(value: string | number | undefined, now: number): number | undefined {
  const text = String(value ?? "").trim();
  const ms = /^\d+(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * 1_000) : httpDate(text) - now;
  return ms > 0 ? Math.min(ms, LONGEST_RETRY_AFTER_MS) : undefined;
}

/** `Date.parse` reads almost anything as a date; an HTTP date begins with a day's name and ends with GMT. */
function httpDate(text: string): number {
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, .* GMT$/.test(text) ? Date.parse(text) : NaN;
}

/** One header out of the library's canonicalized headers, whose values are lists. */
export function findHeader(headers: Record<string, unknown> | undefined, name: string): string | undefined {
  for (const [key, value] of Object.entries(headers ?? {})) {
    if (key.toLowerCase() !== name.toLowerCase()) continue;
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return first === undefined || first === null ? undefined : String(first);
  }
  return undefined;
}
