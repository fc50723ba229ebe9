import { useDocumentData } from "./page-language.tsx";

export interface MomentProps {
  /** ISO 8601. */
  at: string;
  /** IANA name of the store's time zone, e.g. Europe/Berlin; UTC when it is not known. */
  timeZone: string | undefined;
  /** `day`: 23 November 2026. `minute`: with the time. */
  precision?: "day" | "minute";
}

/**
 * A moment as people in the store's time zone read it, in the page's language. Node and browsers word dates a little differently; the
 * server's wording stays.
 */
export function Moment({ at, timeZone, precision = "minute" }: MomentProps) {
  const locale = useDocumentData()?.locale ?? "en";
  return (
    <time dateTime={at} suppressHydrationWarning>
      {formatMoment(at, locale, timeZone, precision)}
    </time>
  );
}

/** The same as text. */
function formatMoment(at: string, locale: string, timeZone: string | undefined, precision: "day" | "minute"): string {
  const text = formatOf(locale, knownTimeZone(timeZone), precision).format(new Date(at));
  // Newer ICU puts a narrow space before AM and PM, which some fonts lack.
  const plain = text.replaceAll("\u202f", " ");
  return precision === "minute" && timeZone === undefined ? `${plain} UTC` : plain;
}

/** The name of a time zone in words and as Shopify's settings call it: "Central European Time (Europe/Berlin)". */
export function nameOfTimeZone(locale: string, timeZone: string | undefined): string {
  const zone = knownTimeZone(timeZone);
  const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: "longGeneric" }).formatToParts();
  const words = parts.find(({ type }) => type === "timeZoneName")?.value;
  return words && words !== zone && zone !== "UTC" ? `${words} (${zone})` : zone;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** Each takes some 50 KB, outside of V8's heap. */
const MOST_FORMATS = 100;

/** Kept: making one costs a hundred times what formatting with it does. */
function formatOf(locale: string, timeZone: string, precision: "day" | "minute"): Intl.DateTimeFormat {
  const key = `${locale} ${timeZone} ${precision}`;
  const options: Intl.DateTimeFormatOptions =
    precision === "day" ? { dateStyle: "long" } : { dateStyle: "medium", timeStyle: "short" };
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone });
  formats.delete(key);
  formats.set(key, format);
  // The one that was used least recently.
  if (formats.size > MOST_FORMATS) formats.delete(formats.keys().next().value!);
  return format;
}

const zones = new Map<string | undefined, string>([[undefined, "UTC"]]);

/** As ICU calls it; UTC for a name that it does not know. */
function knownTimeZone(timeZone: string | undefined): string {
  const kept = zones.get(timeZone);
  if (kept !== undefined) return kept;
  try {
    const known = new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
    zones.set(timeZone, known);
    return known;
  } catch {
    return "UTC";
  }
}
