// Proves that an embedded document gets its session and its headers in every state of a shop.
import { describe, expect, it } from "vitest";
import { shown } from "../support/app-requests.ts";
import { appHarness } from "./app-harness.ts";

const world = appHarness({ simulator: { app: { legacyInstallFlow: true } } });

describe("a document opened in Shopify Admin", () => {
  it("acquires one pair by token exchange on first open, though parent and child load side by side", async () => {
    const shop = "first-open.myshopify.com";
    await world.sandbox.client.installShop(shop, { name: "First Open", plan: "Grow" });

    const response = await world.merchant.open(shop);

    expect(response.status).toBe(200);
    const html = await response.text();
    expect(html).toContain("First Open");
    expect(html).toContain("Grow");
    expect(html).toContain("renews itself");
    expect(await world.sandbox.client.ledger.findSecrets(html.replaceAll(response.url, ""))).toEqual([]);
    expect((await world.tokenCalls(shop)).map(({ grant, outcome }) => [grant, outcome])).toEqual([
      ["id_token", "issued"],
    ]);
    expect(await world.sandbox.client.ledger.isCurrentPair(shop, (await world.row(shop))!)).toBe(true);
  });

  it("may be framed by its own shop's Admin alone", async () => {
    const shop = "framed.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const { headers } = await world.merchant.open(shop);
    expect(headers.get("content-security-policy")).toBe(`frame-ancestors https://${shop} https://admin.shopify.com`);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("strict-origin");
    expect(headers.get("strict-transport-security")).toMatch(/^max-age=\d+$/);
  });

  it("keeps a permanent session in use, and does not replace it", async () => {
    const shop = "permanent.myshopify.com";
    const { accessToken } = await world.sandbox.client.installShop(shop, { token: "permanent" });
    await insertPermanent(shop, accessToken!);

    const response = await world.merchant.open(shop);

    expect(response.status).toBe(200);
    expect(await response.text()).toContain("in the background over the next few days");
    expect(await world.tokenCalls(shop)).toEqual([]);
    expect((await world.row(shop))?.accessToken).toBe(accessToken);
  });

  it("without an ID token goes to the bounce page, which brings one back", async () => {
    const shop = "bounce.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const response = await world.merchant.open(shop, { idToken: false });
    expect(response.status).toBe(302);
    const bounce = new URL(response.headers.get("location")!, world.app.url);
    expect(bounce.pathname).toBe("/auth/session-token");
    expect(bounce.searchParams.get("shopify-reload")).toMatch(/^https:\/\/app\.sandbox\.test\/app\?/);

    const page = await world.merchant.visit(bounce.pathname + bounce.search);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain(`https://${shop}`);
    expect(await page.text()).toContain("app-bridge.js");
  });

  it.each([
    ["expired", { expired: true }],
    ["meant for another app", { wrongAudience: true }],
  ])("with an ID token that is %s is bounced as well", async (_, options) => {
    const shop = "stale.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const response = await world.merchant.open(shop, { idToken: await world.sandbox.client.idToken(shop, options) });
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toMatch(/^\/auth\/session-token\?/);
    expect(response.headers.get("location")).not.toContain("id_token");
  });

  it("whose ID token Shopify itself refuses is bounced once, and not round in circles", async () => {
    const shop = "refused-id-token.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const body = { text: '{"error":"invalid_subject_token"}', contentType: "application/json" };
    const fault = await world.sandbox.client.faults.add({
      shop,
      grant: "id_token",
      effect: { kind: "status", status: 400, body },
    });

    const first = await world.merchant.open(shop);
    expect(first.status).toBe(302);
    const bounce = new URL(first.headers.get("location")!, world.app.url);
    expect(bounce.pathname).toBe("/auth/session-token");
    const reload = new URL(bounce.searchParams.get("shopify-reload")!);
    expect(reload.searchParams.has("id_token")).toBe(false);

    reload.searchParams.set("id_token", await world.sandbox.client.idToken(shop));
    const second = await world.merchant.visit(reload.pathname + reload.search);
    expect(second.status).toBe(401);
    expect(shown(await second.text())).toContain("Your store needs to reconnect");

    const data = await world.merchant.data(shop);
    expect(data.status).toBe(401);
    expect(data.headers.get("x-shopify-retry-invalid-session-request")).toBe("1");

    await world.sandbox.client.faults.remove(fault);
    expect((await world.merchant.open(shop)).status).toBe(200);
  });

  it("says so in words while Shopify cannot be reached, with 503 and Retry-After", async () => {
    const shop = "unreachable.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const fault = await world.sandbox.client.faults.add({
      shop,
      effect: { kind: "status", status: 502, body: "html" },
    });
    const response = await world.merchant.open(shop);
    await world.sandbox.client.faults.remove(fault);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(shown(await response.text())).toContain("Shopify isn’t answering right now");
    expect((await world.merchant.open(shop)).status).toBe(200);
  });

  it("says so in words when the shop is frozen, and keeps its tokens", async () => {
    const shop = "frozen.myshopify.com";
    await world.sandbox.client.installShop(shop);
    expect((await world.merchant.open(shop)).status).toBe(200);
    await world.sandbox.client.freeze(shop);
    const response = await world.merchant.open(shop);
    expect(response.status).toBe(200);
    expect(shown(await response.text())).toContain("Your store is paused");
    expect((await world.row(shop))?.refreshToken).toMatch(/^shprt_/);
  });

  it("with a malformed shop goes to the login form", async () => {
    for (const shop of ["*", "evil.com", "a.myshopify.com https://evil.com"]) {
      const response = await world.merchant.visit(`/app?embedded=1&shop=${encodeURIComponent(shop)}`);
      expect(response.status, shop).toBe(302);
      expect(response.headers.get("location"), shop).toBe("/auth/login");
    }
  });
});

describe("a data request", () => {
  it("serves the page's data with a fresh ID token", async () => {
    const shop = "data.myshopify.com";
    await world.sandbox.client.installShop(shop, { name: "Data Shop" });
    const response = await world.merchant.data(shop, "/app?index");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("Data Shop");
  });

  it("with an invalid ID token is answered 401 and asks App Bridge to retry, from every route of the app", async () => {
    const shop = "retry.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const expired = await world.sandbox.client.idToken(shop, { expired: true });
    for (const path of [
      "/app",
      "/app?_routes=routes%2Fapp._index",
      "/app/connection",
      "/app/connection?_routes=routes%2Fapp.connection",
    ]) {
      const response = await world.merchant.data(shop, path, expired);
      expect(response.status, path).toBe(401);
      expect(response.headers.get("x-shopify-retry-invalid-session-request"), path).toBe("1");
    }
  });

  it("heals a shop whose tokens Shopify has ended, without a login page", async () => {
    const shop = "revoked.myshopify.com";
    await world.sandbox.client.installShop(shop);
    await world.merchant.open(shop);
    await world.sandbox.client.revokeTokens(shop);
    const response = await world.merchant.data(shop, "/app");
    expect(response.status).toBe(200);
    expect(await world.sandbox.client.ledger.isCurrentPair(shop, (await world.row(shop))!)).toBe(true);
  });

  it("calls the Admin API from the page's action", async () => {
    const shop = "action.myshopify.com";
    await world.sandbox.client.installShop(shop, { name: "Action Shop" });
    const response = await world.merchant.submit(shop, "/app?index");
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/"ok".*"Action Shop"/);
  });

  it("answers an action in trouble with words instead of an error page", async () => {
    const shop = "action-trouble.myshopify.com";
    await world.sandbox.client.installShop(shop);
    await world.merchant.open(shop);
    const fault = await world.sandbox.client.faults.add({
      shop,
      endpoint: "graphql",
      effect: { kind: "status", status: 500, body: "text" },
    });
    const response = await world.merchant.submit(shop, "/app?index");
    await world.sandbox.client.faults.remove(fault);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("unreachable");
  });
});

describe("requests from outside Shopify Admin", () => {
  it("open the app in Shopify Admin when the shop is connected", async () => {
    const shop = "outside.myshopify.com";
    await world.sandbox.client.installShop(shop);
    await world.merchant.open(shop);
    for (const path of ["/", "/app"]) {
      const response = await world.merchant.visit(`${path}?shop=${shop}`);
      expect(response.status).toBe(302);
    }
    const response = await world.merchant.visit(`/app?shop=${shop}`);
    expect(response.headers.get("location")).toMatch(/^https:\/\/admin\.shopify\.com\/store\/outside\/apps\//);
  });

  it("begin the installation when it is not", async () => {
    const response = await world.merchant.visit("/app?shop=stranger.myshopify.com");
    expect(response.headers.get("location")).toBe("https://app.sandbox.test/auth?shop=stranger.myshopify.com");
  });

  it("signed by Shopify begin it as well when the stored token has died unnoticed", async () => {
    const shop = "reinstalled-silently.myshopify.com";
    await world.sandbox.client.installShop(shop);
    await world.merchant.open(shop);
    await world.sandbox.client.uninstall(shop, { webhook: false });
    const response = await world.merchant.open(shop, { embedded: false });
    expect(response.headers.get("location")).toBe(`https://app.sandbox.test/auth?shop=${shop}`);
  });

  it("of robots are turned away, without a call to Shopify", async () => {
    const response = await fetch(`${world.app.url}/app?shop=outside.myshopify.com`, {
      redirect: "manual",
      headers: { "User-Agent": "curl/8.0" },
    });
    expect(response.status).toBe(410);
  });
});

async function insertPermanent(shop: string, accessToken: string): Promise<void> {
  await world.database.query(
    `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "scope", "accessToken") VALUES ($1, $2, '', false, 'read_products', $3)`,
    [`offline_${shop}`, shop, accessToken],
  );
}
