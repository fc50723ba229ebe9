import type { Language } from "../../components/language/choose-language.ts";
import de from "./words/de.json" with { type: "json" };
import en from "./words/en.json" with { type: "json" };
import fr from "./words/fr.json" with { type: "json" };
import ja from "./words/ja.json" with { type: "json" };

/** What every language has: English says so, and the compiler looks. */
export type MessageWords = typeof en;

/** The sentences of the pages outside of React; apart from those of the app's pages, which are sent with each document. */
export const MESSAGE_WORDS: Record<Language, MessageWords> = { en, de, fr, ja };
