// Proves that each install flow ends with the right kind of token, or leads to the page that helps.
import { describe, expect, it } from "vitest";
import { throughSandbox } from "../support/app-requests.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { appHarness } from "./app-harness.ts";

const simulator = { app: { legacyInstallFlow: true } };

describe("legacy", () => {
  const world = appHarness({ phase: "legacy", simulator });

  it("installs by the authorization code grant and stores a permanent token", async () => {
    const shop = "legacy-install.myshopify.com";
    await world.sandbox.client.createShop(shop, { name: "Legacy Install" });

    const done = await world.merchant.installByCode(shop);

    expect(done.status).toBe(302);
    expect(done.headers.get("location")).toMatch(/^https:\/\/admin\.shopify\.com\/store\/legacy-install\/apps\//);
    expect(await world.row(shop)).toMatchObject({ refreshToken: null, expires: null });
    expect((await world.sandbox.client.shop(shop)).token).toBe("permanent");
    const page = await world.merchant.open(shop);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("Legacy Install");
  });

  it("leads a shop without a session out of the iframe, and a data request by header", async () => {
    const shop = "legacy-new.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const document = await world.merchant.open(shop);
    const exit = new URL(document.headers.get("location")!, world.app.url);
    expect(exit.pathname).toBe("/auth/exit-iframe");
    const page = await world.merchant.visit(exit.pathname + exit.search);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("window.open");

    const data = await world.merchant.data(shop);
    expect(data.status).toBe(401);
    expect(data.headers.get("x-shopify-api-request-failure-reauthorize-url")).toBe(`${TEST_APP.url}/auth?shop=${shop}`);
    expect((await world.tokenCalls(shop)).length).toBe(0);
  });

  it("asks for a new authorization when Shopify has ended the token", async () => {
    const shop = "legacy-revoked.myshopify.com";
    await world.sandbox.client.createShop(shop);
    await world.merchant.installByCode(shop);
    await world.sandbox.client.revokeTokens(shop);
    const data = await world.merchant.data(shop);
    expect(data.status).toBe(401);
    expect(data.headers.get("x-shopify-api-request-failure-reauthorize-url")).toBe(`${TEST_APP.url}/auth?shop=${shop}`);
    const again = await world.merchant.installByCode(shop);
    expect(again.status).toBe(302);
    expect((await world.merchant.data(shop)).status).toBe(200);
  });

  it("refreshes a pair from before the flag was set back, instead of asking the merchant every hour", async () => {
    const shop = "legacy-pair.myshopify.com";
    const pair = await world.sandbox.client.installShop(shop, { token: "expiring" });
    await world.database.query(
      `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "scope", "accessToken", "expires", "refreshToken", "refreshTokenExpires")
       VALUES ($1, $2, '', false, 'read_products', $3, now() - interval '1 minute', $4, now() + interval '80 days')`,
      [`offline_${shop}`, shop, pair.accessToken, pair.refreshToken],
    );
    expect((await world.merchant.open(shop)).status).toBe(200);
    expect((await world.merchant.data(shop)).status).toBe(200);
    const grants = (await world.tokenCalls(shop)).map(({ grant }) => grant);
    expect(grants).toEqual(["refresh"]);
  });

  it("does not exchange ID tokens", async () => {
    const calls = await world.sandbox.client.ledger.calls({ grant: "id_token" });
    expect(calls).toEqual([]);
  });
});

describe("expand", () => {
  const world = appHarness({
    phase: "expand",
    simulator,
    env: { TOKEN_EXCHANGE_ROLLOUT: "100%,-left-out.myshopify.com" },
  });

  it("stores a pair after the authorization code grant too", async () => {
    const shop = "expand-install.myshopify.com";
    await world.sandbox.client.createShop(shop);
    const done = await world.merchant.installByCode(shop);
    expect(done.status).toBe(302);
    const row = (await world.row(shop))!;
    expect(row.expires).not.toBeNull();
    expect(await world.sandbox.client.ledger.isCurrentPair(shop, row)).toBe(true);
    expect((await world.merchant.open(shop)).status).toBe(200);
  });

  it("serves a shop that is left out of the rollout by the authorization code grant, refreshing in between", async () => {
    const shop = "left-out.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const first = await world.merchant.open(shop);
    expect(first.headers.get("location")).toMatch(/^\/auth\/exit-iframe\?/);
    await world.merchant.installByCode(shop);
    await world.database.query(`UPDATE "Session" SET "expires" = now() - interval '1 minute' WHERE "shop" = $1`, [
      shop,
    ]);
    expect((await world.merchant.open(shop)).status).toBe(200);
    const grants = (await world.tokenCalls(shop)).map(({ grant }) => grant);
    expect(grants).toEqual(["authorization_code", "refresh"]);
  });

  describe("over a token that lives", () => {
    const grantsOf = async (shop: string) => (await world.tokenCalls(shop)).map(({ grant }) => grant);

    it.each(["expiring", "permanent"] as const)("renews it (%s) and leaves the code unused", async (token) => {
      const shop = `again-${token}.myshopify.com`;
      const issued = await world.sandbox.client.installShop(shop, { token });
      await world.store(issued);
      const done = await world.merchant.installByCode(shop);
      expect(done.headers.get("location")).toMatch(/^https:\/\/admin\.shopify\.com\/store\/again-/);
      expect(await grantsOf(shop)).toEqual([token === "expiring" ? "refresh" : "migration"]);
      expect(await world.sandbox.client.ledger.isCurrentPair(shop, (await world.row(shop))!)).toBe(true);
    });

    it("loses nothing when the answer is lost: the next click finds the pair", async () => {
      const shop = "again-lost.myshopify.com";
      await world.store(await world.sandbox.client.installShop(shop, { token: "expiring" }));
      await world.sandbox.client.faults.add({ shop, endpoint: "token", effect: { kind: "lost-after-commit" } });
      expect((await world.merchant.installByCode(shop)).status).toBe(503);
      await world.sandbox.client.faults.clear();
      await expect.poll(async () => (await world.merchant.installByCode(shop)).status, { timeout: 10_000 }).toBe(302);
      expect(await grantsOf(shop)).not.toContain("authorization_code");
      expect(await world.sandbox.client.ledger.isCurrentPair(shop, (await world.row(shop))!)).toBe(true);
    });

    it("uses the code when the stored chain turns out to be dead", async () => {
      const shop = "again-dead.myshopify.com";
      await world.store(await world.sandbox.client.installShop(shop, { token: "expiring" }));
      await world.sandbox.client.revokeTokens(shop);
      expect((await world.merchant.installByCode(shop)).status).toBe(302);
      expect(await grantsOf(shop)).toEqual(["refresh", "authorization_code"]);
      expect(await world.sandbox.client.ledger.isCurrentPair(shop, (await world.row(shop))!)).toBe(true);
    });
  });

  it("refuses a callback that Shopify did not sign, without asking for a token", async () => {
    const shop = "forged.myshopify.com";
    await world.sandbox.client.createShop(shop);
    const begun = await world.merchant.visit(`/auth?shop=${shop}`);
    const cookies = begun.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
    const state = new URL(begun.headers.get("location")!).searchParams.get("state");
    const forged = new URLSearchParams({
      shop,
      state: state!,
      code: "abc",
      hmac: "00",
      timestamp: String(Math.floor(Date.now() / 1000)),
    });
    const response = await world.merchant.visit(`/auth/callback?${forged}`, {
      headers: { Cookie: cookies.join("; ") },
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("The installation was not finished");
    expect(await world.tokenCalls(shop)).toEqual([]);
  });

  it("takes few callbacks of one shop at once, and answers the others 503", async () => {
    const shop = "impatient.myshopify.com";
    await world.sandbox.client.createShop(shop);
    expect((await world.merchant.installByCode(shop)).status).toBe(302);
    const begun = await world.merchant.visit(`/auth?shop=${shop}`);
    const cookies = begun.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
    const { location } = await throughSandbox(world.sandbox, new URL(begun.headers.get("location")!));
    const { pathname, search } = new URL(location);
    const fault = await world.sandbox.client.faults.add({
      shop,
      endpoint: "token",
      effect: { kind: "latency", beforeMs: 300 },
    });
    const before = (await world.tokenCalls(shop)).length;
    const answers = await Promise.all(
      Array.from({ length: 30 }, () =>
        world.merchant.visit(pathname + search, { headers: { Cookie: cookies.join("; ") } }),
      ),
    );
    await world.sandbox.client.faults.remove(fault);
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].sort()).toEqual([302, 503]);
    expect(answers.find(({ status }) => status === 503)?.headers.get("retry-after")).toBe("5");
    expect((await world.tokenCalls(shop)).length - before).toBeLessThan(30);
  });

  it("says so when Shopify fails in the middle of an installation, and the next attempt works", async () => {
    const shop = "failed-install.myshopify.com";
    await world.sandbox.client.createShop(shop);
    const fault = await world.sandbox.client.faults.add({
      shop,
      endpoint: "token",
      effect: { kind: "status", status: 520, body: "text" },
    });
    const response = await world.merchant.installByCode(shop);
    await world.sandbox.client.faults.remove(fault);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("Try again");
    expect(await world.row(shop)).toBeUndefined();
    expect((await world.merchant.installByCode(shop)).status).toBe(302);
  });

  it("starts the right way in from the login form", async () => {
    const login = (shop: string) =>
      world.merchant.visit("/auth/login", {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ shop }).toString(),
      });
    for (const typed of [
      "new-shop",
      "New-Shop.myshopify.com ",
      "https://new-shop.myshopify.com/admin",
      "https://admin.shopify.com/store/new-shop/apps",
    ]) {
      const response = await login(typed);
      expect(response.status, typed).toBe(302);
      expect(response.headers.get("location"), typed).toBe(`${TEST_APP.url}/auth?shop=new-shop.myshopify.com`);
    }
    const known = await login("expand-install");
    expect(known.headers.get("location")).toMatch(/^https:\/\/admin\.shopify\.com\/store\/expand-install\/apps\//);
    const wrong = await login("not a shop");
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain("Enter an address like my-store.myshopify.com");
  });
});
