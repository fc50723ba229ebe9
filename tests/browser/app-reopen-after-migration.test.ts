// Proves that a merchant who has the app open during the migration notices nothing, in a browser that denies the app site data.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createOperator, migrateToTheEnd } from "../../scripts/demo/operator.ts";
import { appFrame, startAppWorld, storedPair, type AppWorld } from "./app-world.ts";

let world: AppWorld;
beforeAll(async () => {
  world = await startAppWorld("expand");
});
afterAll(() => world?.close());

test("a merchant has the app open while her shop is migrated, and notices nothing: not now, not on reload, not in contract", async () => {
  const shop = "migrated-meanwhile.myshopify.com";
  const { client } = world.sandbox;
  const { accessToken, scope } = await client.installShop(shop, { token: "permanent", name: "Fir Furniture" });
  await world.database.query(
    `INSERT INTO "Session" ("id", "shop", "state", "scope", "accessToken") VALUES ($1, $2, '', $3, $4)`,
    [`offline_${shop}`, shop, scope, accessToken],
  );
  const { page, errors } = await world.openPage("denied");
  await page.goto(world.fronts.adminUrl(shop));
  const frame = await appFrame(page, "Fir Furniture");
  expect((await storedPair(world.database, shop))?.accessToken === accessToken).toBe(true);

  const { run } = await migrateToTheEnd(createOperator(world.app.url, world.app.migrationSecret));
  expect(run).toMatchObject({ status: "completed", migrated: 1, permanentTokens: 0 });

  await frame.getByRole("button", { name: "Check the connection" }).click();
  await frame.getByText(/^Shopify answered for/).waitFor();
  await page.reload();
  await appFrame(page, "Fir Furniture");

  await world.restart("contract");
  await page.reload();
  await appFrame(page, "Fir Furniture");
  const stored = await storedPair(world.database, shop);
  expect(await client.ledger.isCurrentPair(shop, stored!)).toBe(true);
  expect(await client.ledger.usedAfterEnd()).toEqual([]);
  expect(errors).toEqual([]);
});
