// Proves that the simulator's Admin embeds an app as Shopify's does.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testAppBridge } from "./app-bridge-tests.ts";
import { accessibilityViolations } from "./sandbox-accessibility.ts";
import { adminPages, adminPath, noted, startWorld, type World } from "./sandbox-world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ mapped: true });
});
afterAll(() => world.close());

const { installedShop, openApp } = adminPages(() => world);

describe("the app's page in the Admin", () => {
  it("embeds the app, which acquires with the ID token of the first document, and mirrors navigation and title bar", async () => {
    const shop = await installedShop();
    const { page, app, errors } = await openApp(shop);
    expect(await app.locator("#shop").textContent()).toBe(shop);
    const frame = page.frame({ name: "app-iframe" });
    expect(await frame?.evaluate(() => (window as unknown as { bridgeWasReady: boolean }).bridgeWasReady)).toBe(true);
    expect((await world.sandbox.client.shop(shop)).pair).toBeDefined();

    await page.getByRole("heading", { name: "Page /app" }).waitFor();
    await page.getByRole("list", { name: "Fixture" }).getByRole("link", { name: "Orders" }).waitFor();
    expect(await page.getByRole("list", { name: "Fixture" }).getByRole("link").allTextContents()).toEqual([
      "Orders",
      "Settings",
    ]);
    await page.getByRole("button", { name: "Create" }).click();
    await noted(app, "primary");
    await page.getByRole("button", { name: "More" }).click();
    await noted(app, "secondary");
    expect(errors).toEqual([]);
  });

  it("navigates the app by the Admin's links and keeps the Admin's address in step", async () => {
    const { page, app, errors } = await openApp();
    await page.getByRole("link", { name: "Orders" }).click();
    await app.locator("#where", { hasText: "/app/orders" }).waitFor();
    await page.getByRole("link", { name: "Orders" }).and(page.locator('[aria-current="page"]')).waitFor();
    expect(adminPath(page)).toMatch(/\/apps\/fixture\/app\/orders$/);
    await page.reload();
    await app.locator("#where", { hasText: "/app/orders" }).waitFor();
    expect(errors).toEqual([]);
  });

  it("gives a link that the app listens to as a bubbling shopify:navigate, without a page load", async () => {
    const { page, app } = await openApp();
    await page.frame({ name: "app-iframe" })?.evaluate(() => {
      addEventListener("shopify:navigate", (event) => {
        history.pushState(null, "", (event.target as Element).getAttribute("href"));
        (document.querySelector("#noted") as Element).textContent = `to ${location.pathname}`;
      });
    });
    await page.getByRole("link", { name: "Settings" }).click();
    await noted(app, "to /app/settings");
    await expect.poll(() => adminPath(page)).toMatch(/\/app\/settings$/);
  });

  it("is refused nothing by keyboard: skip link, navigation, title bar", async () => {
    const { page } = await openApp();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
  });
});

it("has no accessibility violations: stores, a store, installing, the app's page", async () => {
  const shop = await installedShop();
  await world.sandbox.client.createShop("axe.myshopify.com", { name: "Axe" });
  const { page } = await openApp(shop);
  expect(await accessibilityViolations(page)).toEqual([]);
  for (const path of ["/", `/store/${shop.split(".")[0] ?? ""}`, "/store/axe/apps/fixture"]) {
    await page.goto(`https://admin.shopify.com${path}`);
    expect(await accessibilityViolations(page), path).toEqual([]);
  }
});

describe("session tokens", () => {
  it("go along with each request to the app's own origin, a fresh one each", async () => {
    const { app, errors } = await openApp();
    await app.locator("#load").click();
    await app.locator("#answer", { hasText: "200" }).waitFor();
    expect(await app.locator("#answer").textContent()).toContain("Alder & Ash");
    await app.locator("#load").click();
    const tokens = () => world.app.requests.filter(({ path }) => path === "/api/shop").slice(-2);
    await expect.poll(() => new Set(tokens().map((one) => one.authorization)).size).toBe(2);
    expect(tokens().every((one) => one.authorization?.startsWith("Bearer ey"))).toBe(true);
    expect(errors).toEqual([]);
  });

  it("are fetched anew for one retry when the app asks for it", async () => {
    const { app, errors } = await openApp();
    const before = world.app.requests.length;
    await app.locator("#stale").click();
    await app.locator("#answer", { hasText: "200" }).waitFor();
    const sent = world.app.requests.slice(before);
    expect(sent).toHaveLength(2);
    expect(sent[0]?.authorization).not.toBe(sent[1]?.authorization);
    expect(errors.filter((text) => !text.includes("401"))).toEqual([]);
  });

  it("come back to a document that had none by way of the bounce page", async () => {
    const { page, app, errors } = await openApp();
    const bounced = page.waitForRequest((request) => request.url().includes("/auth/session-token"));
    await app.locator("#reload").click();
    const bounce = new URL((await bounced).url());
    expect(bounce.searchParams.get("shopify-reload")).toContain("https://app.sandbox.test/app/orders");
    await app.locator("#where", { hasText: "/app/orders" }).waitFor();
    expect(adminPath(page)).toMatch(/\/app\/orders$/);
    expect(errors).toEqual([]);
  });
});

describe("leaving the frame", () => {
  it("happens by a response with the reauthorize header", async () => {
    const { page, app } = await openApp();
    await app.locator("#leave-data").click();
    await page.getByRole("heading", { name: "Apps", exact: true }).waitFor();
    expect(adminPath(page)).toMatch(/\/store\/admin-\d+\/apps$/);
  });

  it("happens by a document that opens another at the top", async () => {
    const { page, app } = await openApp();
    await app.locator("#leave-document").click();
    // The app is embedded only: opened at the top, it sends the merchant back into the Admin.
    await page.waitForURL(/admin\.shopify\.com\/store\/admin-\d+\/apps\//);
    await app.locator("#where").waitFor();
  });

  it("happens by a link to the Admin", async () => {
    const { page, app } = await openApp();
    await app.locator("#to-admin").click();
    await page.getByRole("heading", { name: "Apps", exact: true }).waitFor();
  });
});

testAppBridge(openApp);

describe("what a merchant sees otherwise", () => {
  it("asks before a managed install, and again after an uninstall", async () => {
    const shop = "managed.myshopify.com";
    await world.sandbox.client.createShop(shop, { name: "New Merchant" });
    const { page, errors } = await world.open(world.fronts.adminUrl(shop));
    const app = page.frameLocator("#app-frame");
    await page.getByRole("heading", { name: "Install Fixture" }).waitFor();
    await page.getByText("View products").waitFor();
    await page.getByRole("button", { name: "Install" }).click();
    await app.locator("#where").waitFor();
    const first = (await world.sandbox.client.shop(shop)).pair;

    await page.getByRole("link", { name: "Apps" }).click();
    await page.getByRole("button", { name: "Uninstall" }).click();
    await page.getByText("Not installed").waitFor();
    world.app.sessions.stored.clear();
    await page.getByRole("link", { name: "Install" }).click();
    await page.getByRole("button", { name: "Install" }).click();
    await app.locator("#where").waitFor();
    const second = (await world.sandbox.client.shop(shop)).pair;
    expect(second?.accessTokenId).not.toBe(first?.accessTokenId);
    expect(errors).toEqual([]);
  });

  it("says so when the app answers with an error, or with a page that is not the app", async () => {
    const { page } = await world.open(`${world.fronts.adminUrl(await installedShop())}/broken`);
    await page.getByText("The app answered 500 to /broken.").waitFor();
    const { page: other } = await world.open(`${world.fronts.adminUrl(await installedShop())}/plain`);
    await other.getByText("the page did not start App Bridge").waitFor();
  });

  it("shows a frozen shop's state instead of the app, and 404 for what is not there", async () => {
    const shop = await installedShop();
    await world.sandbox.client.freeze(shop);
    const { page } = await world.open(world.fronts.adminUrl(shop));
    await page.getByText("This store is frozen").waitFor();
    expect((await page.goto("https://admin.shopify.com/store/nobody"))?.status()).toBe(404);
  });
});
