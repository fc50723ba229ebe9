import { createInstance, type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import { outside, problem } from "./locales/en.json";

/** In English: what an error page says where the root route told it no sentences. Nor has it told a reference that could be quoted. */
const FALLBACK = {
  outside,
  problem: { ...problem, unknown: { ...problem.unknown, detail: problem.shopify_refused.detail } },
};

/** The sentences of one language, ready when this returns: a page is rendered on the server and in the browser with the same ones. */
export function createI18n(language: string, messages: object): i18n {
  const instance = createInstance();
  void instance.use(initReactI18next).init({
    lng: language,
    fallbackLng: "fallback",
    resources: { fallback: { translation: FALLBACK }, [language]: { translation: messages } },
    // React escapes.
    interpolation: { escapeValue: false },
    initAsync: false,
  });
  return instance;
}
