// Proves that every language has every sentence, with the same gaps to fill, and that a page's language follows the Admin's.
import { describe, expect, it } from "vitest";
import { MESSAGE_WORDS } from "../../auth/install/message-words.ts";
import { chooseLanguage, LANGUAGES, type Language } from "./choose-language.ts";
import { createI18n } from "./create-i18n.ts";
import { TRANSLATIONS } from "./translations.server.ts";

function flatten(messages: object, path = ""): [string, string][] {
  return Object.entries(messages).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "string" ? [[path + key, value] as [string, string]] : flatten(value as object, `${path}${key}.`),
  );
}
const gaps = (text: string) => (text.match(/\{\{\w+\}\}|<\w+\/>/g) ?? []).toSorted();
/** What merchants read: the app's pages, and the small pages outside of React. */
const wordsOf = (language: Language) =>
  flatten({ ...TRANSLATIONS[language].messages, outsideReact: MESSAGE_WORDS[language] });
const english = new Map(wordsOf("en"));

describe.each(LANGUAGES)("%s", (language) => {
  const messages = new Map(wordsOf(language));

  it("has each sentence of English, and no other", () => {
    expect([...messages.keys()].toSorted()).toEqual([...english.keys()].toSorted());
    expect([...messages].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  it("leaves the same gaps in each", () => {
    for (const [key, text] of messages) expect(gaps(text), key).toEqual(gaps(english.get(key) ?? ""));
  });

  it("speaks no word of the trade", () => {
    const words = /\b(tokens?|oauth|offline|api|jetons?|トークン)\b/i;
    expect([...messages].filter(([, text]) => words.test(text))).toEqual([]);
  });

  it("has words for every problem that a page can have", () => {
    const { reference: _reference, ...problems } = TRANSLATIONS[language].messages.problem;
    for (const [code, words] of Object.entries(problems)) {
      expect(words, code).toMatchObject({ title: expect.any(String), detail: expect.any(String) });
    }
  });

  it("is ready at once", () => {
    expect(createI18n(language, TRANSLATIONS[language].messages).t("nav.home")).toBe(messages.get("nav.home"));
  });

  it("says in English what an error page was not told", () => {
    const { t } = createI18n(language, { problem: { busy: { title: "Known" } } });
    const keys = ["problem.busy.title", "problem.busy.detail", "outside.notFoundLink"];
    expect(keys.map((key) => t(key))).toEqual(["Known", ...keys.slice(1).map((key) => english.get(key))]);
  });
});

it("translates: no language shares a sentence of several words with English", () => {
  for (const language of LANGUAGES.filter((one) => one !== "en")) {
    const same = wordsOf(language).filter(
      ([key, text]) => text === english.get(key) && text.includes(" ") && !text.startsWith("<"),
    );
    expect(same).toEqual([]);
  }
});

describe("chooseLanguage", () => {
  const choose = (query: string, accept?: string) =>
    chooseLanguage(
      new Request(`https://app.test/app${query}`, { headers: accept ? { "accept-language": accept } : {} }),
    );

  it.each([
    ["?locale=de", undefined, "de", "de"],
    ["?locale=fr-CA", "de", "fr", "fr-CA"],
    ["?locale=ja-JP", undefined, "ja", "ja-JP"],
    ["?locale=en-GB", "de", "en", "en-GB"],
    ["?locale=pt-BR", "fr-FR,fr;q=0.9", "fr", "fr-FR"],
    ["", "de-AT;q=0.8,en;q=0.5", "de", "de-AT"],
    ["", undefined, "en", "en"],
    ["?locale=en_Latn-GB-x-z1-u-ca-buddhist", undefined, "en", "en-GB"],
    ["?locale=de-x-z1", "fr", "de", "de"],
    ["?locale=%00<script>", "*", "en", "en"],
    [`?locale=${"x".repeat(10_000)}`, ",".repeat(10_000), "en", "en"],
  ])("%s with %s is %s", (query, accept, language, locale) => {
    expect(choose(query, accept)).toEqual({ language, locale });
  });
});
