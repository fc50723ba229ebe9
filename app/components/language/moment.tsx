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
  const options: Intl.DateTimeFormatOptions =
    precision === "day" ? { dateStyle: "long" } : { dateStyle: "medium", timeStyle: "short" };
  const text = new Intl.DateTimeFormat(locale, { ...options, timeZone: knownTimeZone(timeZone) }).format(new Date(at));
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

function knownTimeZone(timeZone: string | undefined): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: timeZone ?? "UTC" }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}
