import { HttpResponseError } from "@shopify/shopify-api";

/**
 * The longest wait that one answer can ask for. Shopify's own are seconds; a day, by mistake or by a proxy, must not put a shop
 * off for a day, and asking once in ten minutes harms no one.
 */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

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

/** The same of the answer that an error of the library carries, whose headers are lists. */
export function retryAfterOf(error: unknown, now: number): number | undefined {
  if (!(error instanceof HttpResponseError)) return undefined;
  const headers = Object.entries(error.response.headers ?? {});
  const [, values] = headers.find(([name]) => name.toLowerCase() === "retry-after") ?? [];
  return retryAfterMs([values].flat()[0] as string | undefined, now);
}
