/**
 * `Retry-After` in milliseconds: seconds, whole or decimal as Shopify writes them ("2.0"), or an HTTP date.
 * @param now milliseconds since the epoch.
 */
export function retryAfterMs(value: string | number | undefined, now: number): number | undefined {
  if (value === undefined || value === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds * 1_000));
  const date = Date.parse(String(value));
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
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
