// Proves that in contract an installation that would end with a permanent token leads to Shopify's own instead, and an ID token acquires a pair.
import { describe, expect, it } from "vitest";
import { TEST_APP } from "../support/sandbox.ts";
import { appHarness } from "./app-harness.ts";

describe("contract", () => {
  const world = appHarness({ phase: "contract", simulator: { app: { legacyInstallFlow: true } } });

  const install = (shop: string) =>
    `https://admin.shopify.com/store/${shop}/oauth/install?client_id=${TEST_APP.clientId}`;

  it("leads cached install links and unfinished installations to Shopify's own installation", async () => {
    for (const path of [
      "/auth?shop=old-link.myshopify.com",
      "/auth/callback?shop=old-link.myshopify.com&code=x&hmac=y",
    ]) {
      const response = await world.merchant.visit(path);
      expect(response.status, path).toBe(302);
      expect(response.headers.get("location"), path).toBe(install("old-link"));
    }
  });

  it("leaves the iframe for it", async () => {
    const response = await world.merchant.visit("/auth?shop=old-link.myshopify.com", {
      headers: { "Sec-Fetch-Dest": "iframe" },
    });
    const exit = new URL(response.headers.get("location")!, world.app.url);
    expect(exit.pathname).toBe("/auth/exit-iframe");
    const page = await world.merchant.visit(exit.pathname + exit.search);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(install("old-link"));
  });

  it("explains itself when the link names no shop", async () => {
    const response = await world.merchant.visit("/auth");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("Install the app from Shopify");
  });

  it("does not become an open door: other destinations of the exit page are refused", async () => {
    const target = new URLSearchParams({ shop: "old-link.myshopify.com", exitIframe: "https://evil.example/" });
    const response = await world.merchant.visit(`/auth/exit-iframe?${target}`);
    expect(response.status).toBe(400);
  });

  it("acquires by ID token", async () => {
    const shop = "contract-open.myshopify.com";
    await world.sandbox.client.installShop(shop);
    expect((await world.merchant.open(shop)).status).toBe(200);
    expect(await world.sandbox.client.ledger.isCurrentPair(shop, (await world.row(shop))!)).toBe(true);
  });

  it("sends the login form's shop to Shopify's own installation", async () => {
    const response = await world.merchant.visit("/auth/login?shop=fresh.myshopify.com");
    expect(response.headers.get("location")).toBe(install("fresh"));
  });
});
