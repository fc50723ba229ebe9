import type { BrowserContext, Page } from "playwright-core";
import type { AppWorld } from "./app-world.ts";
import type { OperatorState } from "./operator-states.ts";

const ORIGIN = "https://app.sandbox.test";

/** A browser in which an operator is signed in, by the form. What its pages' consoles report is collected. */
export interface OperatorBrowser {
  context: BrowserContext;
  errors: string[];
}

/** Opens a browser and signs in by the form. */
export async function signInOperator(world: AppWorld): Promise<OperatorBrowser> {
  const { page, errors } = await world.openPage("allowed");
  await page.goto(`${ORIGIN}/admin`);
  await page.getByLabel("Operator’s secret").fill(world.app.migrationSecret);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.close();
  return { context: page.context(), errors };
}

/** Brings a state about and opens its page, which is ready when this returns. */
export async function openOperatorState(
  world: AppWorld,
  browser: OperatorBrowser,
  state: OperatorState,
): Promise<Page> {
  await state.arrange?.(world);
  try {
    const path = typeof state.path === "string" ? state.path : await state.path(world);
    const page = await browser.context.newPage();
    page.setDefaultTimeout(30_000);
    const { errors } = browser;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !state.expected?.test(message.text())) {
        errors.push(`${state.name}: ${message.text()}`);
      }
    });
    page.on("pageerror", (error) => errors.push(`${state.name}: ${String(error)}`));
    await page.goto(ORIGIN + path);
    await state.act?.(page);
    await page.getByText(state.shows).first().waitFor();
    return page;
  } finally {
    await state.restore?.(world);
  }
}
