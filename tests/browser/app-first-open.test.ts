// Proves a merchant's first minutes in a real browser, with site data allowed and denied to the app: install, look around, no error.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { STORAGE } from "../support/browser.ts";
import { appFrame, startAppWorld, storageOf, storedPair, type AppWorld } from "./app-world.ts";
import { accessibilityViolations } from "./sandbox-accessibility.ts";

let world: AppWorld;
beforeAll(async () => {
  world = await startAppWorld("contract");
});
afterAll(() => world?.close());

describe.each(STORAGE)("site data %s", (storage) => {
  test("a merchant installs from the Admin and opens the app: one ID token exchange, the newest pair stored, no error", async () => {
    const shop = `first-open-${storage}.myshopify.com`;
    await world.sandbox.client.createShop(shop, { name: "Alder & Ash", plan: "Basic" });
    const { page, errors } = await world.openPage(storage);

    await page.goto(world.fronts.adminUrl(shop));
    await page.getByRole("button", { name: "Install" }).click();
    const frame = await appFrame(page, "Alder & Ash");

    await frame.getByText("Basic").first().waitFor();
    const calls = await world.sandbox.client.ledger.calls({ shop, endpoint: "token" });
    expect(calls.map(({ grant, outcome }) => [grant, outcome])).toEqual([["id_token", "issued"]]);
    const stored = await storedPair(world.database, shop);
    expect(stored?.refreshToken).toBeTruthy();
    expect(await world.sandbox.client.ledger.isCurrentPair(shop, stored!)).toBe(true);
    expect(errors).toEqual([]);
  });

  test("the home page asks Shopify when told to, leads to the connection's history, and is accessible", async () => {
    const shop = `home-page-${storage}.myshopify.com`;
    await world.sandbox.client.installShop(shop, { token: "none", name: "Birch Books" });
    const { page, errors } = await world.openPage(storage);
    await page.goto(world.fronts.adminUrl(shop));
    const frame = await appFrame(page, "Birch Books");
    expect(await accessibilityViolations(frame)).toEqual([]);

    await frame.getByRole("button", { name: "Check the connection" }).click();
    await frame.getByText(/^Shopify answered for/).waitFor();

    await page.getByRole("link", { name: "Connection" }).click();
    await frame.getByRole("heading", { level: 1, name: /connection/i }).waitFor();
    expect(await accessibilityViolations(frame)).toEqual([]);
    await page.getByRole("list", { name: "Expand, then contract" }).waitFor();
    await frame
      .getByRole("button", { name: "Home" })
      .or(frame.getByRole("link", { name: "Home" }))
      .first()
      .click();
    await frame.getByRole("heading", { level: 1, name: "Birch Books" }).waitFor();
    expect(await storageOf(frame)).toBe(storage === "allowed" ? "allowed" : "SecurityError");
    expect(errors).toEqual([]);
  });

  test("no token or secret reaches the page or the app's log", async () => {
    const shop = `discreet-${storage}.myshopify.com`;
    await world.sandbox.client.installShop(shop, { token: "none", name: "Cedar Crafts" });
    const { page } = await world.openPage(storage);
    await page.goto(world.fronts.adminUrl(shop));
    const frame = await appFrame(page, "Cedar Crafts");
    const stored = await storedPair(world.database, shop);
    const html = await frame.content();
    expect(html).not.toContain(stored!.accessToken);
    expect(html).not.toContain(stored!.refreshToken);
    await world.app.expectNoSecrets();
  });
});
