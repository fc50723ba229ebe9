import type { Browser, BrowserContextOptions, Frame, Page } from "playwright-core";
import { startFronts, type Fronts } from "../../sandbox/admin/start-fronts.ts";
import type { Sandbox } from "../../sandbox/start.ts";
import { findFreePort } from "../../scripts/free-port.ts";
import { startTestApp, type TestApp, type TestAppOptions } from "../support/app-process.ts";
import { contextOptions, denyStorageToFrames, launchBrowser, type Storage } from "../support/browser.ts";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { severable, type SeverableDatabase } from "../support/severable-database.ts";
import { startTestSandbox, TEST_APP } from "../support/sandbox.ts";

/** The built app, embedded in the Admin, in a browser: what a merchant has in front of her. */
export interface AppWorld {
  sandbox: Sandbox;
  fronts: Fronts;
  database: TestDatabase;
  /** The app's way to its database. */
  severable: SeverableDatabase;
  /** The process that runs now. */
  readonly app: TestApp;
  /** Ends the app and starts it in another phase, at the same address. */
  restart(phase: TestAppOptions["phase"]): Promise<void>;
  /** A page in a browser context of its own. What its console reports as errors or warnings is collected. */
  openPage(storage: Storage, options?: BrowserContextOptions): Promise<{ page: Page; errors: string[] }>;
  close(): Promise<void>;
}

export async function startAppWorld(phase: TestAppOptions["phase"]): Promise<AppWorld> {
  const port = await findFreePort();
  const appOrigin = `http://127.0.0.1:${port}`;
  const database = await createTestDatabase();
  const relay = await severable(database.url);
  const sandbox = await startTestSandbox({
    app: {
      name: "Expand, then contract",
      handle: "expand-contract",
      legacyInstallFlow: phase !== "contract",
      deliverTo: appOrigin,
    },
  });
  const fronts = await startFronts({ sandbox, appOrigin });
  const browsers = new Map<Storage, Promise<Browser>>();
  const browserWith = (storage: Storage) => {
    const embedded = { host: new URL(TEST_APP.url).hostname, embeddedIn: "admin.shopify.com" };
    const denyStorageTo = storage === "denied" ? embedded : undefined;
    const browser = browsers.get(storage) ?? launchBrowser({ hostRules: fronts.hostRules, denyStorageTo });
    browsers.set(storage, browser);
    return browser;
  };
  const start = (next: TestAppOptions["phase"]) => startTestApp({ sandbox, databaseUrl: relay.url, phase: next, port });
  let app = await start(phase);
  return {
    sandbox,
    fronts,
    database,
    severable: relay,
    get app() {
      return app;
    },
    async restart(next) {
      await app.stop();
      app = await start(next);
    },
    async openPage(storage, options) {
      const context = await (await browserWith(storage)).newContext({ ...contextOptions, ...options });
      if (storage === "denied") await denyStorageToFrames(context);
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      const errors: string[] = [];
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && errors.push(message.text()));
      page.on("pageerror", (error) => errors.push(String(error)));
      return { page, errors };
    },
    async close() {
      for (const browser of browsers.values()) await (await browser).close();
      await app.stop();
      await fronts.close();
      await sandbox.close();
      await relay.close();
      await database.drop();
    },
  };
}

/** The app's frame, once its page shows the shop's name as its title and React has taken it over. */
export async function appFrame(page: Page, shopName: string): Promise<Frame> {
  await page.frameLocator("#app-frame").getByRole("heading", { level: 1, name: shopName }).waitFor();
  return readyFrame(page);
}

/** The app's frame, once React has taken its page over. */
export async function readyFrame(page: Page): Promise<Frame> {
  const frame = page.frame({ name: "app-iframe" });
  if (!frame) throw new Error("the Admin shows no app frame");
  await frame.waitForFunction(() => "__remixRouteModules" in window);
  return frame;
}

/** What the app's frame may do with storage: "allowed", or the name of the error that a script gets. */
export function storageOf(frame: Frame): Promise<string> {
  return frame.evaluate(() => {
    try {
      window.sessionStorage.setItem("probe", "1");
      window.sessionStorage.removeItem("probe");
      return "allowed";
    } catch (error) {
      return (error as DOMException).name;
    }
  });
}

/** The stored offline session of a shop. */
export async function storedPair(database: TestDatabase, shop: string) {
  const [row] = await database.query<{ accessToken: string; refreshToken: string | null; expires: Date | null }>(
    `SELECT "accessToken", "refreshToken", "expires" FROM "Session" WHERE "shop" = $1 AND NOT "isOnline"`,
    [shop],
  );
  return row;
}
