import type { Browser, BrowserContext, FrameLocator, Page } from "playwright-core";
import { startFronts, type Fronts } from "../../sandbox/admin/start-fronts.ts";
import type { Sandbox, SandboxOptions } from "../../sandbox/start.ts";
import { contextOptions, launchBrowser } from "../support/browser.ts";
import { routeThroughSandbox, startTestSandbox } from "../support/sandbox.ts";
import { startFixtureApp, type FixtureApp } from "./sandbox-fixture-app.ts";

/** Simulator, fronts, fixture app and browser of one test file. */
export interface World {
  sandbox: Sandbox;
  fronts: Fronts;
  app: FixtureApp;
  browser: Browser;
  /** A page in a context of its own. Errors in its console are collected; take what a test expects out of them. */
  open(url?: string): Promise<{ page: Page; errors: string[]; context: BrowserContext }>;
  close(): Promise<void>;
}

/** @param mapped whether the browser maps Shopify's hosts to the HTTPS front; an ordinary browser does not. */
export async function startWorld(o: {
  mapped: boolean;
  legacy?: boolean;
  choices?: SandboxOptions["choices"];
}): Promise<World> {
  const { legacy = false } = o;
  const app = await startFixtureApp({ legacy });
  const sandbox = await startTestSandbox({
    app: { name: "Fixture", legacyInstallFlow: legacy, deliverTo: app.origin },
    choices: o.choices,
  });
  const unroute = routeThroughSandbox(sandbox);
  const fronts = await startFronts({ sandbox, appOrigin: app.origin });
  const browser = await launchBrowser(o.mapped ? { hostRules: fronts.hostRules } : {});
  return {
    sandbox,
    fronts,
    app,
    browser,
    async open(url) {
      const context = await browser.newContext({ ...contextOptions, ignoreHTTPSErrors: o.mapped });
      const page = await context.newPage();
      page.setDefaultTimeout(10_000);
      const errors: string[] = [];
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      page.on("pageerror", (error) => errors.push(String(error)));
      if (url) await page.goto(url);
      return { page, errors, context };
    },
    async close() {
      await browser.close();
      await fronts.close();
      await unroute();
      await Promise.all([app.close(), sandbox.close()]);
    },
  };
}

/** Shops with the fixture app installed, and the app opened in their Admin. For a whole test file. */
export function adminPages(world: () => World) {
  let serial = 0;
  async function installedShop(): Promise<string> {
    const shop = `admin-${++serial}.myshopify.com`;
    await world().sandbox.client.installShop(shop, { token: "none", name: "Alder & Ash" });
    return shop;
  }
  return {
    installedShop,
    async openApp(shop?: string) {
      const opened = await world().open(world().fronts.adminUrl(shop ?? (await installedShop())));
      const app = opened.page.frameLocator("#app-frame");
      await app.locator("#where").waitFor();
      return { ...opened, app };
    },
  };
}

export type AdminPages = ReturnType<typeof adminPages>;

/** Waits for what the fixture app writes about what it was told. */
export const noted = (app: FrameLocator, text: string) => app.locator("#noted", { hasText: text }).waitFor();
export const adminPath = (page: Page) => new URL(page.url()).pathname;
