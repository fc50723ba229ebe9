import { createInstance, type i18n } from "i18next";
import { initReactI18next } from "react-i18next";

/** The sentences of one language, ready when this returns: a page is rendered on the server and in the browser with the same ones. */
export function createI18n(language: string, messages: object): i18n {
  const instance = createInstance();
  void instance.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { [language]: { translation: messages } },
    // React escapes.
    interpolation: { escapeValue: false },
    initAsync: false,
  });
  return instance;
}
