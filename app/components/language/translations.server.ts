import polarisDe from "@shopify/polaris/locales/de.json" with { type: "json" };
import polarisEn from "@shopify/polaris/locales/en.json" with { type: "json" };
import polarisFr from "@shopify/polaris/locales/fr.json" with { type: "json" };
import polarisJa from "@shopify/polaris/locales/ja.json" with { type: "json" };
import type { Language } from "./choose-language.ts";
import de from "./locales/de.json" with { type: "json" };
import en from "./locales/en.json" with { type: "json" };
import fr from "./locales/fr.json" with { type: "json" };
import ja from "./locales/ja.json" with { type: "json" };

/** What every language has: English says so, and the compiler looks. */
export type Messages = typeof en;

/** The sentences of the Polaris components that these pages are made of; the rest of its 15 KB would be sent with each document. */
const polarisOf = ({ Polaris }: typeof polarisEn) => ({
  Polaris: {
    Badge: Polaris.Badge,
    Banner: Polaris.Banner,
    Common: Polaris.Common,
    Page: Polaris.Page,
    SkeletonPage: Polaris.SkeletonPage,
    TextField: Polaris.TextField,
  },
});

/** Our sentences, and Polaris's, in each language. A page is sent those of its own language. */
export const TRANSLATIONS = {
  en: { messages: en, polaris: polarisOf(polarisEn) },
  de: { messages: de, polaris: polarisOf(polarisDe) },
  fr: { messages: fr, polaris: polarisOf(polarisFr) },
  ja: { messages: ja, polaris: polarisOf(polarisJa) },
} satisfies Record<Language, { messages: Messages; polaris: object }>;
