// Proves that the control page shows and changes the simulator, with and without its script.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accessibilityViolations } from "./sandbox-accessibility.ts";
import { startWorld, type World } from "./sandbox-world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ mapped: false });
  const shops = Array.from({ length: 240 }, (_, index) => ({
    shop: `store-${String(index).padStart(3, "0")}.myshopify.com`,
    name: `Store ${index}`,
    token: index % 2 === 0 ? ("permanent" as const) : ("expiring" as const),
  }));
  await world.sandbox.client.installShops(shops);
});
afterAll(() => world.close());

const shopUrl = (shop: string) => `${world.fronts.controlUrl}shops/${shop}`;

describe("the control page", () => {
  it("lists hundreds of shops in pages, and finds one", async () => {
    const { page, errors } = await world.open(world.fronts.controlUrl);
    await page.getByText("240 stores · page 1 of 10").waitFor();
    await page.getByRole("link", { name: "Next" }).click();
    await page.getByText("page 2 of 10").waitFor();
    await page.getByLabel("Search stores").fill("Store 123");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("1 store · page 1 of 1").waitFor();
    await page.getByRole("link", { name: "Store 123", exact: true }).click();
    await page.getByRole("heading", { name: "Store 123" }).waitFor();
    expect(errors).toEqual([]);
  });

  it("never shows a whole token", async () => {
    const { page } = await world.open(shopUrl("store-000.myshopify.com"));
    await page.getByText(/shpat_…[0-9a-f]{6}/).waitFor();
    expect(await world.sandbox.client.ledger.findSecrets(await page.content())).toEqual([]);
  });

  it("freezes, reopens, uninstalls and installs a shop, in place, with its timeline", async () => {
    const { client } = world.sandbox;
    const shop = "store-002.myshopify.com";
    const { page, errors } = await world.open(shopUrl(shop));
    await page.getByRole("button", { name: "Freeze" }).click();
    await page.getByText("The shop is frozen.").waitFor();
    await page.getByRole("button", { name: "Reopen" }).waitFor();
    expect((await client.shop(shop)).standing).toBe("frozen");
    await page.getByRole("button", { name: "Reopen" }).click();
    await page.getByText("The shop is open again.").waitFor();
    await page.getByRole("button", { name: "Uninstall" }).click();
    await page.getByText("Uninstalled: every token has ended.").waitFor();
    expect((await client.shop(shop)).installed).toBe(false);
    await page.getByRole("button", { name: "Install", exact: true }).click();
    await page.getByRole("button", { name: "Uninstall" }).waitFor();
    expect((await client.shop(shop)).installed).toBe(true);
    await page.getByRole("listitem").filter({ hasText: "uninstalled" }).first().waitFor();
    expect(errors).toEqual([]);
  });

  it("jumps in time, switches enforcement and faults, and undoes them", async () => {
    const { client } = world.sandbox;
    const { page, errors } = await world.open(world.fronts.controlUrl);
    const before = Date.parse(await client.clock.now());
    await page.getByRole("button", { name: "90 days" }).click();
    await page.getByText("The clock moved on by 90 days.").waitFor();
    expect(Date.parse(await client.clock.now()) - before).toBeGreaterThanOrEqual(90 * 86_400_000);
    await page.getByRole("button", { name: "Refused" }).click();
    await page.getByText("The choice holds from now on.").waitFor();
    expect((await client.choices()).enforcement).toBe("on");

    await page.getByLabel("Fault", { exact: true }).selectOption({ label: "520 as plain text" });
    await page.getByLabel("Grant").selectOption("refresh");
    await page.getByLabel("Percent of calls").fill("25");
    await page.getByRole("button", { name: "Switch on" }).click();
    await page.getByRole("listitem").filter({ hasText: "520 as plain text" }).waitFor();
    expect(await client.faults.list()).toMatchObject([{ endpoint: "token", grant: "refresh", probability: 0.25 }]);
    await page.getByRole("button", { name: "Switch off" }).click();
    await expect.poll(() => client.faults.list()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("shows what happens elsewhere without being reloaded", async () => {
    const { page } = await world.open(shopUrl("store-004.myshopify.com"));
    await page.getByRole("button", { name: "Freeze" }).waitFor();
    await world.sandbox.client.lock("store-004.myshopify.com");
    await page.getByText("Locked", { exact: true }).waitFor();
  });

  it("sends a webhook and says what the app answered, also without JavaScript", async () => {
    const context = await world.browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(shopUrl("store-006.myshopify.com"));
    await page.getByLabel("Topic").selectOption("shop/redact");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText(/The app answered \d{3} to shop\/redact\./).waitFor();
    await context.close();
  });

  it("adds a store and leads to its Admin, where the app installs", async () => {
    const { page, errors } = await world.open(world.fronts.controlUrl);
    await page.getByLabel("Name of a new store").fill("Corner Shop");
    await page.getByRole("button", { name: "Add store" }).click();
    await page.getByText("corner-shop.myshopify.com was added.").waitFor();
    await page.goto(shopUrl("corner-shop.myshopify.com"));
    await page.getByRole("link", { name: "Install as the merchant" }).click();
    await page.getByRole("button", { name: "Install" }).click();
    await page.frameLocator("#app-frame").locator("#where").waitFor();
    expect(errors).toEqual([]);
  });

  it("refuses what another site sends", async () => {
    const response = await fetch(`${world.fronts.controlUrl}-/do`, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site" },
      body: "action=clear-faults",
    });
    expect(response.status).toBe(403);
  });

  it.each(["", "shops/store-000.myshopify.com"])("has no accessibility violations: /%s", async (path) => {
    const { page } = await world.open(world.fronts.controlUrl + path);
    expect(await accessibilityViolations(page)).toEqual([]);
  });
});
