// Proves that an open page outlives what happens around it: no network, a proxy's error page, an app that hangs, restarts or is deployed,
// scripts that are blocked. The frame always says what to do, with one next step.
import type { Frame, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readyFrame, startAppWorld, type AppWorld } from "./app-world.ts";
import { STORE_NAME } from "./merchant-states.ts";
import { cutOff } from "./page-checks.ts";
import { accessibilityViolations } from "./sandbox-accessibility.ts";

let world: AppWorld;
beforeAll(async () => {
  world = await startAppWorld("expand");
  // The first page of all waits for the simulator's schema to be read: on a busy machine for longer than a merchant waits for Shopify.
  const { page: first } = await world.openPage("denied");
  await world.sandbox.client.installShop("first.myshopify.com", { token: "none", name: STORE_NAME });
  await first.goto(world.fronts.adminUrl("first.myshopify.com"));
  await first.frameLocator("#app-frame").getByRole("heading", { level: 1 }).waitFor();
  await first.context().close();
});
afterAll(() => world?.close());

let serial = 0;
let shop: string;
let page: Page;
beforeEach(async () => {
  shop = `trouble-${++serial}.myshopify.com`;
  await world.sandbox.client.installShop(shop, { token: "none", name: STORE_NAME });
  ({ page } = await world.openPage("denied"));
  return () => page.context().close();
});

/** The app's home page, and the code of its other pages. */
async function openHome(): Promise<Frame> {
  const otherPage = page.waitForResponse(/\/assets\/app\.connection-.*\.js$/);
  await page.goto(world.fronts.adminUrl(shop));
  await page.frameLocator("#app-frame").getByText("You’re all set").waitFor();
  await (await otherPage).finished();
  return readyFrame(page);
}

const DATA = /\.data(\?|$)/;
const openConnection = () => page.getByRole("link", { name: "Connection" }).click();
const onConnection = (frame: Frame) => frame.getByRole("heading", { level: 1, name: "Connection" }).waitFor();
const tryAgain = (frame: Frame) => frame.getByRole("button", { name: "Try again" }).click();

test("without a network a page says so, and opens as soon as there is one", async () => {
  const frame = await openHome();
  await page.context().setOffline(true);
  await openConnection();
  await frame.getByRole("heading", { level: 1, name: "The app can’t be reached right now" }).waitFor();
  expect(await frame.getByText("Reference").count()).toBe(0);
  expect(await accessibilityViolations(frame)).toEqual([]);
  await page.context().setOffline(false);
  await tryAgain(frame);
  await onConnection(frame);
});

test("a deployment in the middle: the page opens although the server no longer has its old code", async () => {
  const frame = await openHome();
  await page.route(/\/assets\//, (route) => route.fulfill({ status: 404, body: "not found" }));
  await openConnection();
  await onConnection(frame);
});

test("an app that is down: the page says so inside the frame, and goes on when it is back", async () => {
  const frame = await openHome();
  await world.app.stop();
  await openConnection();
  await frame.getByRole("heading", { level: 1, name: "The app will be back in a moment" }).waitFor();
  await world.restart("expand");
  await tryAgain(frame);
  await onConnection(frame);
});

test("an app that hangs: the outline of the page offers another try", async () => {
  const frame = await openHome();
  let isHung = true;
  await page.route(DATA, (route) => (isHung ? undefined : route.continue()));
  await openConnection();
  await frame.getByText("It’s taking longer than usual to answer").waitFor();
  expect(await accessibilityViolations(frame)).toEqual([]);
  isHung = false;
  await tryAgain(frame);
  await onConnection(frame);
  expect(await frame.getByText("It’s taking longer than usual to answer").count()).toBe(0);
});

test.each([
  ["no network", (at: Page) => at.context().setOffline(true), "The app can’t be reached right now."],
  ["a proxy's page", (at: Page) => at.route(DATA, (route) => route.fulfill(BAD_GATEWAY)), "The app is taking longer"],
  ["no answer", (at: Page) => at.route(DATA, () => {}), "The app is taking longer"],
] as const)("a check of the connection that gets %s stays where it is", async (_name, trouble, says) => {
  const frame = await openHome();
  await trouble(page);
  await frame.getByRole("button", { name: "Check the connection" }).click();
  await frame.getByRole("status").getByText(says).waitFor();
  expect(await frame.getByRole("heading", { level: 1, name: STORE_NAME }).count()).toBe(1);
  await page.unrouteAll();
  await page.context().setOffline(false);
  await frame.getByRole("button", { name: "Check the connection" }).click();
  await frame.getByText(/^Shopify answered for/).waitFor();
});

const BAD_GATEWAY = { status: 502, contentType: "text/html", body: "<html><h1>502 Bad Gateway</h1></html>" };

test("App Bridge is blocked: the page says what to allow, and no page leads to a login that could not be framed", async () => {
  await page.route(/cdn\.shopify\.com/, (route) => route.abort());
  await page.goto(world.fronts.adminUrl(shop));
  const frame = await readyFrame(page);
  await frame.getByText("Your browser is blocking part of this app").waitFor();
  expect(await accessibilityViolations(frame)).toEqual([]);
  await frame.getByRole("link", { name: "View connection details" }).click();
  await frame.getByRole("heading", { level: 1, name: "Your browser is blocking part of this app" }).waitFor();
});

test("a damaged launch of the app: the frame is not empty, and leads out", async () => {
  await openHome();
  const launch = new URL((await page.locator("#app-frame").getAttribute("src"))!);
  launch.pathname = "/";
  launch.searchParams.set("locale", "x".repeat(100));
  const frame = page.frame({ name: "app-iframe" })!;
  await frame.goto(launch.href);
  await frame.getByRole("heading", { name: "This link doesn’t work" }).waitFor();
  expect(await frame.getByRole("link", { name: "Open the app" }).getAttribute("target")).toBe("_top");
});

test.each([
  ["of one long word", "x".repeat(255), "x".repeat(255)],
  ["of spaces", "   ", undefined],
  ["that turns the text around it", "Alder\u202e & Ash", "Alder & Ash"],
])("a store's name %s", async (_name, name, shown) => {
  const named = `named-${serial}.myshopify.com`;
  await world.sandbox.client.installShop(named, { token: "none", name });
  await page.setViewportSize({ width: 320, height: 700 });
  await page.goto(world.fronts.adminUrl(named));
  await page
    .frameLocator("#app-frame")
    .getByRole("heading", { level: 1, name: shown ?? named, exact: true })
    .waitFor();
  const frame = await readyFrame(page);
  expect(await cutOff(frame)).toEqual([]);
});
