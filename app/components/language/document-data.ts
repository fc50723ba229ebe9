import type { LanguageChoice } from "./choose-language.ts";
import type { TRANSLATIONS } from "./translations.server.ts";

type Translation = (typeof TRANSLATIONS)[keyof typeof TRANSLATIONS];

/** What the root route tells a document: client id, request id, language and sentences. */
export type DocumentData = LanguageChoice &
  Translation & {
    apiKey: string;
    requestId: string;
  };
