import { useRouteLoaderData } from "@remix-run/react";
import { useMemo, type ReactNode } from "react";
import { I18nextProvider } from "react-i18next";
import type { DocumentData } from "./document-data.ts";
import { createI18n } from "./create-i18n.ts";

/** What the root route told the document: client id, language and sentences, request id. Undefined only if that failed. */
export const useDocumentData = () => useRouteLoaderData<() => DocumentData>("root");

const NO_MESSAGES = {};

/** Gives the page the sentences of its language. */
export function PageLanguage({ children }: { children: ReactNode }) {
  const document = useDocumentData();
  const language = document?.language ?? "en";
  const messages = document?.messages ?? NO_MESSAGES;
  const i18n = useMemo(() => createI18n(language, messages), [language, messages]);
  return <I18nextProvider i18n={i18n}>{children}</I18nextProvider>;
}
