export const LANGUAGES = ["en", "de", "fr", "ja"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface LanguageChoice {
  language: Language;
  /** BCP 47, for dates and numbers: with the region where the Admin names one, e.g. `en-GB`. */
  locale: string;
}

/** Locales that a header may name before the rest is ignored. */
const MOST_ACCEPTED = 10;

/**
 * The language of a page: the Admin's (`locale`, which Shopify puts into the address of each document), else the browser's, else
 * English. It is chosen once for a document; pages that the document shows later are in the same language, without any storage.
 */
export function chooseLanguage(request: Request): LanguageChoice {
  return languageOf(new URL(request.url).searchParams, request.headers.get("accept-language") ?? "");
}

/** The same of an address's parameters and what the browser's `Accept-Language` says. */
export function languageOf(query: URLSearchParams, acceptLanguage: string): LanguageChoice {
  const accepted = acceptLanguage.split(",", MOST_ACCEPTED);
  for (const tag of [query.get("locale") ?? "", ...accepted.map((one) => one.split(";")[0] ?? "")]) {
    const locale = canonical(tag.trim());
    const language = LANGUAGES.find((one) => one === locale?.split("-")[0]);
    if (locale && language) return { language, locale };
  }
  return { language: "en", locale: "en" };
}

/** Language and region. What else a tag may hold decides nothing, and there is no end of such tags. */
function canonical(tag: string): string | undefined {
  if (tag === "" || tag.length > 35) return undefined;
  try {
    const { language, region } = new Intl.Locale(tag.replaceAll("_", "-"));
    return region ? `${language}-${region}` : language;
  } catch {
    return undefined;
  }
}
