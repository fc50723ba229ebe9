// Proves each state of the merchant's pages in a browser that denies the app site data: its words in every language, no console error, no
// axe violation, complete keyboard use, nothing cut off at 320 px, an answer within five seconds.
import type { Frame } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { messagePage } from "../../app/auth/install/message-page.server.ts";
import { MESSAGE_WORDS } from "../../app/auth/install/message-words.ts";
import { LANGUAGES, type Language } from "../../app/components/language/choose-language.ts";
import { TRANSLATIONS } from "../../app/components/language/translations.server.ts";
import { readyFrame, startAppWorld, type AppWorld } from "./app-world.ts";
import { MERCHANT_STATES, refuseIdTokens, STORE_NAME } from "./merchant-states.ts";
import { openState } from "./open-state.ts";
import { cutOff, movingWithReducedMotion, notReachedByKeyboard } from "./page-checks.ts";
import { accessibilityViolations } from "./sandbox-accessibility.ts";

let world: AppWorld;
beforeAll(async () => {
  world = await startAppWorld("expand");
});
afterAll(() => world?.close());

const ANSWER_WITHIN_MS = 5_000;

test.each(MERCHANT_STATES)("$name", async (state) => {
  const { page, errors } = await openState(world, state, {
    look: async ({ page, frame, answeredAfterMs, reopenIn }) => {
      expect(answeredAfterMs, "milliseconds until the page said so").toBeLessThan(ANSWER_WITHIN_MS + 2_500);
      expect(await accessibilityViolations(frame)).toEqual([]);
      expect(await notReachedByKeyboard(page, frame)).toEqual([]);
      expect(await movingWithReducedMotion(page, frame)).toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await accessibilityViolations(frame)).toEqual([]);
      await page.setViewportSize({ width: 320, height: 700 });
      expect(await cutOff(frame)).toEqual([]);
      for (const language of state.isSlow ? (["de"] as const) : (["de", "fr", "ja"] as const)) {
        await reopenIn(language);
        expect(await cutOff(frame), language).toEqual([]);
        expect(await untranslated(frame, language), language).toEqual([]);
      }
    },
  });
  expect(errors.filter((text) => !state.expected?.test(text))).toEqual([]);
  await page.context().close();
});

const sentences = (messages: object): string[] =>
  Object.values(messages).flatMap((value: unknown) => (typeof value === "string" ? value : sentences(value as object)));

/** Sentences of English on a page in another language. */
async function untranslated(frame: Frame, language: Language): Promise<string[]> {
  const own = new Set(sentences(TRANSLATIONS[language].messages));
  const english = sentences(TRANSLATIONS.en.messages).filter((text) => text.includes(" ") && !own.has(text));
  const shown = await frame.locator("body").innerText();
  return english.filter((text) => shown.includes(text));
}

test.each(LANGUAGES)("%s: the pages outside of React fit into 320 px", async (language) => {
  const words = MESSAGE_WORDS[language];
  const longest = Object.values(words.link).toSorted((a, b) => b.length - a.length)[0]!;
  const reference = `${words.reference}0123456789abcdef0123456789abcdef`;
  const { page } = await world.openPage("denied", { viewport: { width: 320, height: 700 } });
  for (const message of Object.values(words).filter((one) => typeof one === "object" && "title" in one)) {
    const content = messagePage({ language, ...message, link: { href: "/", label: longest }, reference });
    await page.setContent(await content.text());
    expect(await cutOff(page), message.title).toEqual([]);
    expect(await accessibilityViolations(page)).toEqual([]);
  }
  await page.context().close();
});

test("a page outside of React speaks the Admin's language, else the browser's", async () => {
  const { page } = await world.openPage("denied", { locale: "fr-FR" });
  await page.goto("https://app.sandbox.test/auth/reopen?locale=ja");
  await page.getByRole("heading", { name: MESSAGE_WORDS.ja.openAgain.title }).waitFor();
  await page.getByRole("link", { name: MESSAGE_WORDS.ja.link.open }).click();
  await page.getByRole("heading", { name: TRANSLATIONS.ja.messages.outside.openTitle }).waitFor();
  await page.goto("https://app.sandbox.test/auth/nowhere");
  await page.getByRole("heading", { name: MESSAGE_WORDS.fr.notFound.title }).waitFor();
  await page.context().close();
});

test("a connection that ends while its page is made: one banner, one button, and no document is loaded again", async () => {
  const state = MERCHANT_STATES.find(({ name }) => name === "interrupted")!;
  const { shop, page, frame } = await openState(world, { ...state, name: "banner" });
  const documents: string[] = [];
  page.on("request", (request) => request.isNavigationRequest() && documents.push(request.url()));
  expect(await frame.getByRole("button", { name: "Reconnect" }).count()).toBe(1);
  // Nothing happens by itself.
  await page.waitForTimeout(1_000);
  expect(documents).toEqual([]);
  const calls = await world.sandbox.client.ledger.calls({ shop, endpoint: "token" });
  await frame.getByRole("button", { name: "Reconnect" }).click();
  await frame.getByRole("heading", { name: "Your store is connected" }).waitFor();
  expect(await frame.getByRole("button", { name: "Reconnect" }).count()).toBe(0);
  const after = await world.sandbox.client.ledger.calls({ shop, endpoint: "token" });
  expect(after.slice(calls.length).map(({ grant, outcome }) => [grant, outcome])).toEqual([["id_token", "issued"]]);
  expect(documents).toEqual([]);
  await page.context().close();
});

test("the page repairs itself: one click on Reconnect, no document is loaded again", async () => {
  const shop = "repairs.myshopify.com";
  await world.sandbox.client.installShop(shop, { token: "none", name: STORE_NAME });
  await refuseIdTokens(world, shop);
  const { page } = await world.openPage("denied");
  await page.goto(world.fronts.adminUrl(shop));
  const app = page.frameLocator("#app-frame");
  await app.getByRole("heading", { name: "Your store needs to reconnect" }).waitFor();
  const frame = await readyFrame(page);
  const documents: string[] = [];
  page.on("request", (request) => request.isNavigationRequest() && documents.push(request.url()));
  await app.getByRole("button", { name: "Reconnect" }).click();
  await app.getByRole("button", { name: "Reconnect", disabled: true }).waitFor();
  await app.getByRole("button", { name: "Reconnect", disabled: false }).waitFor();
  await world.sandbox.client.faults.clear();
  await app.getByRole("button", { name: "Reconnect" }).click();
  await frame.getByRole("heading", { level: 1, name: STORE_NAME }).waitFor();
  expect(documents).toEqual([]);
});

test("a store that is open again is never called paused beside an answer of Shopify", async () => {
  const shop = "open-again.myshopify.com";
  await world.sandbox.client.installShop(shop, { token: "none", name: STORE_NAME });
  const { page } = await world.openPage("denied");
  await page.goto(world.fronts.adminUrl(shop));
  const app = page.frameLocator("#app-frame");
  await app.getByText("You’re all set").waitFor();
  await readyFrame(page);
  await world.sandbox.client.freeze(shop);
  await app.getByRole("button", { name: "Check the connection" }).click();
  await app.getByText(/Check your plan in Shopify admin/).waitFor();
  await page.getByRole("link", { name: "Connection" }).click();
  await app.getByRole("heading", { name: "Your store is paused" }).waitFor();
  await world.sandbox.client.reopen(shop);
  await app
    .getByRole("button", { name: "Home" })
    .or(app.getByRole("link", { name: "Home" }))
    .first()
    .click();
  await app.getByRole("heading", { level: 1, name: STORE_NAME }).waitFor();
  expect(await app.getByText("paused").count()).toBe(0);
});

test("an unknown address keeps the navigation, and leads home", async () => {
  const state = MERCHANT_STATES.find(({ name }) => name === "not-found")!;
  const { page, frame } = await openState(world, state);
  await page.getByRole("list", { name: "Expand, then contract" }).getByRole("link", { name: "Connection" }).waitFor();
  await frame.getByRole("link", { name: "Go to Home" }).click();
  await frame.getByRole("heading", { level: 1, name: STORE_NAME }).waitFor();
});

test("keyboard alone reaches and works everything on the home page", async () => {
  const state = MERCHANT_STATES.find(({ name }) => name === "healthy")!;
  const { page, frame } = await openState(world, { ...state, name: "keyboard" });
  await frame.getByRole("link", { name: "View connection details" }).focus();
  await page.keyboard.press("Tab");
  expect(await frame.evaluate(() => document.activeElement?.textContent)).toContain("Check the connection");
  await page.keyboard.press("Enter");
  await frame.getByText(/^Shopify answered for/).waitFor();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await frame.getByRole("heading", { level: 1, name: "Connection" }).waitFor();
});

test.each(["de", "fr", "ja"] as const)(
  "%s: in the Admin's language from page to page, nothing cut off at 320 px",
  async (language) => {
    const { messages } = TRANSLATIONS[language];
    const [planned, history] = ["upgrade-planned", "connection"].map((name) =>
      MERCHANT_STATES.find((one) => one.name === name)!,
    );
    const { page, frame, errors } = await openState(world, planned!, {
      locale: language,
      shows: messages.connection.upgrade_planned.summary,
      viewport: { width: 320, height: 700 },
    });
    expect(await cutOff(frame)).toEqual([]);
    await frame.getByRole("link", { name: messages.action.history }).click();
    await frame.getByRole("heading", { level: 1, name: messages.nav.connection }).waitFor();
    expect(await frame.locator("html").getAttribute("lang")).toBe(language);
    expect(await cutOff(frame)).toEqual([]);
    await page.context().close();

    const renewed = messages.history.times
      .replace("{{title}}", messages.history.refreshed.title)
      .replace("{{count}}", "23");
    const detailed = await openState(world, history!, { locale: language, shows: renewed });
    expect(await accessibilityViolations(detailed.frame)).toEqual([]);
    expect(await detailed.frame.getByText("Europe/Berlin").count()).toBe(1);
    await detailed.page.setViewportSize({ width: 320, height: 700 });
    expect(await cutOff(detailed.frame)).toEqual([]);
    expect([...errors, ...detailed.errors]).toEqual([]);
    await detailed.page.context().close();
  },
);
