// Proves that an ordinary browser reaches the simulator on localhost.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWorld, type World } from "./sandbox-world.ts";

// An ordinary browser: no mapped hosts, no ignored certificates. Whatever still pointed at a real host would fail to load.
let world: World;
beforeAll(async () => {
  world = await startWorld({ mapped: false, legacy: true });
});
afterAll(() => world.close());

describe("the plain-localhost front", () => {
  it("plays a whole legacy installation: store list, app, authorization page, callback, app in the Admin", async () => {
    const { client } = world.sandbox;
    await client.createShop("first.myshopify.com", { name: "First Store" });
    const { page, errors } = await world.open(world.fronts.localUrl);
    const visited: string[] = [];
    page.on("framenavigated", (frame) => frame === page.mainFrame() && visited.push(new URL(frame.url()).origin));
    await page.getByRole("link", { name: "Install (First Store)" }).click();
    await page.waitForURL(/\/@first\.myshopify\.com\/admin\/oauth\/authorize\?/);
    await page.getByRole("button", { name: "Install" }).click();
    const app = page.frameLocator("#app-frame");
    await app.locator("#where").waitFor();
    expect(await app.locator("#shop").textContent()).toBe("first.myshopify.com");
    expect(page.url()).toBe(`${world.fronts.localAdminUrl("first.myshopify.com")}/app`);
    expect((await client.shop("first.myshopify.com")).pair).toBeDefined();
    expect(world.app.sessions.stored.get("offline_first.myshopify.com")?.refreshToken).toBeDefined();
    expect(visited.every((origin) => [world.fronts.localUrl, world.fronts.localAppUrl].includes(origin))).toBe(true);
    expect(errors).toEqual([]);
  });

  it("leaves the frame for the authorization code grant when the app lost its session", async () => {
    const { client } = world.sandbox;
    await client.installShop("lost.myshopify.com", { token: "none", name: "Lost" });
    const { page, errors } = await world.open();
    const paths: string[] = [];
    page.on("request", (request) => request.isNavigationRequest() && paths.push(new URL(request.url()).pathname));
    await page.goto(world.fronts.localAdminUrl("lost.myshopify.com"));
    const app = page.frameLocator("#app-frame");
    await app.locator("#where").waitFor();
    expect(await app.locator("#shop").textContent()).toBe("lost.myshopify.com");
    for (const step of ["/auth/exit-iframe", "/auth", "/@lost.myshopify.com/admin/oauth/authorize", "/auth/callback"]) {
      expect(paths).toContain(step);
    }
    expect((await client.shop("lost.myshopify.com")).pair).toBeDefined();
    expect(errors).toEqual([]);
  });

  it("takes the window to the authorization page when a data request says so, and back", async () => {
    const shop = "reauth.myshopify.com";
    await world.sandbox.client.installShop(shop, { token: "none", name: "Reauth" });
    const { page, errors } = await world.open(world.fronts.localAdminUrl(shop));
    const app = page.frameLocator("#app-frame");
    await app.locator("#where").waitFor();
    await world.sandbox.client.revokeTokens(shop);
    const again = page.waitForRequest((request) => new URL(request.url()).pathname === "/auth/callback");
    await app.locator("#load").click();
    await again;
    await app.locator("#where").waitFor();
    await app.locator("#load").click();
    await app.locator("#answer", { hasText: "200" }).waitFor();
    expect(errors.filter((text) => !text.includes("401"))).toEqual([]);
  });

  it("carries the session token, the navigation and the toast there too", async () => {
    const shop = "works.myshopify.com";
    await world.sandbox.client.installShop(shop, { token: "none", name: "Works" });
    const { page, errors } = await world.open(world.fronts.localAdminUrl(shop));
    const app = page.frameLocator("#app-frame");
    await page.getByRole("link", { name: "Settings" }).click();
    await app.locator("#where", { hasText: "/app/settings" }).waitFor();
    await app.locator("#load").click();
    await app.locator("#answer", { hasText: "200" }).waitFor();
    await app.locator("#toast").click();
    await page.getByRole("status").getByText("Saved").waitFor();
    expect(errors).toEqual([]);
  });

  it("leads a browser that came by 127.0.0.1 to localhost", async () => {
    const shop = "numeric.myshopify.com";
    await world.sandbox.client.installShop(shop, { token: "none", name: "Numeric" });
    const { page } = await world.open(world.fronts.localAdminUrl(shop).replace("localhost", "127.0.0.1"));
    await page.frameLocator("#app-frame").locator("#where").waitFor();
    expect(new URL(page.url()).hostname).toBe("localhost");
  });

  it("frames the app only in the local Admin", async () => {
    const response = await fetch(
      `${world.fronts.localAppUrl}/auth/exit-iframe?shop=works.myshopify.com&exitIframe=/auth`,
      {
        headers: { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/147.0.0.0" },
      },
    );
    const policy = response.headers.get("content-security-policy");
    expect(policy).toContain(`frame-ancestors ${world.fronts.localUrl}`);
    expect(policy).not.toContain("https://admin.shopify.com");
    expect(await response.text()).toContain(`window.open("${world.fronts.localAppUrl}/auth"`);
  });
});
