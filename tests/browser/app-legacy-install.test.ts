// Proves installation by consent (authorization code grant) before and after the migration, in a browser that denies the app site data.
import { afterAll, beforeAll, expect, test } from "vitest";
import { appFrame, startAppWorld, storedPair, type AppWorld } from "./app-world.ts";

let world: AppWorld;
beforeAll(async () => {
  world = await startAppWorld("legacy");
});
afterAll(() => world?.close());

async function installByConsent(shop: string, name: string) {
  await world.sandbox.client.createShop(shop, { name });
  const { page, errors } = await world.openPage("denied");
  await page.goto(world.fronts.adminUrl(shop));
  await page.waitForURL(/\/admin\/oauth\/authorize/);
  await page.getByRole("button", { name: "Install" }).click();
  await appFrame(page, name);
  return { page, errors };
}

test("legacy: a merchant installs by consent, lands in the Admin, and a permanent token is stored", async () => {
  const shop = "legacy-install.myshopify.com";
  const { errors } = await installByConsent(shop, "Dogwood Deli");
  const stored = await storedPair(world.database, shop);
  expect(stored).toMatchObject({ refreshToken: null, expires: null });
  const { token, permanentToken } = await world.sandbox.client.shop(shop);
  expect(token).toBe("permanent");
  expect(permanentToken === stored?.accessToken).toBe(true);
  expect(errors).toEqual([]);
});

test("expand: the same way in gives the newest pair, and the older shop's page works as before", async () => {
  await world.restart("expand");
  const shop = "expand-install.myshopify.com";
  const { errors } = await installByConsent(shop, "Elm Electrics");
  const stored = await storedPair(world.database, shop);
  expect(await world.sandbox.client.ledger.isCurrentPair(shop, stored!)).toBe(true);

  const { page } = await world.openPage("denied");
  await page.goto(world.fronts.adminUrl("legacy-install.myshopify.com"));
  await appFrame(page, "Dogwood Deli");
  expect(errors).toEqual([]);
});
