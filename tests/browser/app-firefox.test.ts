// Proves the core of the merchant's pages in Firefox, with site data allowed and denied: open, navigate, reconnect, no error. Skipped where
// there is no Firefox: set FIREFOX_PATH, or install firefox-esr.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { STORAGE } from "../support/browser.ts";
import { findFirefox } from "../support/find-firefox.ts";
import { launchFirefox, type Firefox } from "../support/firefox.ts";
import { startAppWorld, type AppWorld } from "./app-world.ts";
import { refuseIdTokens, STORE_NAME } from "./merchant-states.ts";

const executablePath = findFirefox();
const APP = "https://app.sandbox.test/";
const HOSTS = /^(?:[\w-]+\.)*(?:shopify\.com|myshopify\.com|app\.sandbox\.test):443$/;

const shown = (text: string) => `document.body.innerText.includes(${JSON.stringify(text)})`;
const heading = (text: string) =>
  `[...document.querySelectorAll("h1")].some((h1) => h1.innerText.trim() === ${JSON.stringify(text)})`;
const click = (selector: string, text: string) =>
  `[...document.querySelectorAll("${selector}")].find((one) => (one.ariaLabel ?? one.textContent).trim() === ${JSON.stringify(text)})?.click() ?? true`;

describe.skipIf(!executablePath)(
  `Firefox${executablePath ? "" : ", which is not on this machine (FIREFOX_PATH)"}`,
  () => {
    let world: AppWorld;
    beforeAll(async () => {
      world = await startAppWorld("expand");
    });
    afterAll(() => world?.close());

    describe.each(STORAGE)("site data %s", (storage) => {
      let firefox: Firefox;
      beforeAll(async () => {
        const hosts = { matches: HOSTS, port: world.fronts.httpsPort };
        firefox = await launchFirefox({ executablePath: executablePath!, hosts, denyStorage: storage === "denied" });
      });
      afterAll(() => firefox?.close());

      test("a merchant opens the app, asks Shopify, and goes from page to page", async () => {
        const shop = `firefox-${storage}.myshopify.com`;
        await world.sandbox.client.installShop(shop, { token: "none", name: STORE_NAME });
        await firefox.goto(world.fronts.adminUrl(shop));
        await firefox.until(APP, `"__remixRouteModules" in window && ${heading(STORE_NAME)}`);
        expect(await firefox.evaluate(APP, STORAGE_PROBE)).toBe(storage === "allowed" ? "allowed" : "SecurityError");
        await firefox.evaluate(APP, click("button", "Check the connection"));
        await firefox.until(APP, shown("Shopify answered for"));
        await firefox.evaluate("", click("nav a", "Connection"));
        await firefox.until(APP, heading("Connection"));
        await firefox.evaluate(APP, click("main a, main button", "Home"));
        await firefox.until(APP, heading(STORE_NAME));
        expect(firefox.errors).toEqual([]);
      });

      test("a connection that needs the merchant is restored by one click, without a document being loaded again", async () => {
        const shop = `firefox-reconnect-${storage}.myshopify.com`;
        await world.sandbox.client.installShop(shop, { token: "none", name: STORE_NAME });
        await refuseIdTokens(world, shop);
        await firefox.goto(world.fronts.adminUrl(shop));
        await firefox.until(APP, `"__remixRouteModules" in window && ${heading("Your store needs to reconnect")}`);
        await firefox.evaluate(APP, "(window.mark = true)");
        await world.sandbox.client.faults.clear();
        await firefox.evaluate(APP, click("button", "Reconnect"));
        await firefox.until(APP, heading(STORE_NAME));
        expect(await firefox.evaluate(APP, "window.mark")).toBe(true);
      });
    });
  },
);

const STORAGE_PROBE = `(() => {
  try { window.sessionStorage.setItem("probe", "1"); return "allowed"; } catch (error) { return error.name; }
})()`;
