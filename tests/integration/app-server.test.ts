// Proves that the server answers health checks, survives its database, and gives every answer its headers and its line in the log.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startTestApp } from "../support/app-process.ts";
import { merchantOf, openRequest, shown } from "../support/app-requests.ts";
import { BROWSER_USER_AGENT } from "../support/browser.ts";
import { signInToConsole } from "../support/console-visitor.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { severable } from "../support/severable-database.ts";
import { appHarness } from "./app-harness.ts";

const world = appHarness();

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(world.app.url + path, { redirect: "manual", headers: { "User-Agent": BROWSER_USER_AGENT, ...headers } });

describe("health", () => {
  it("answers without a secret and reveals nothing", async () => {
    const healthy = await get("/healthz");
    expect([healthy.status, await healthy.json()]).toEqual([200, { status: "ok" }]);
    const ready = await get("/readyz");
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ready" }]);
  });

  it("is not ready while the database lacks a migration, and says why in its log only", async () => {
    const behind = await createTestDatabase();
    const other = await startTestApp({ sandbox: world.sandbox, databaseUrl: behind.url });
    try {
      await behind.query(`DELETE FROM expand_contract."SchemaStep" WHERE "name" = '0001-tables'`);
      const response = await fetch(`${other.url}/readyz`);
      expect([response.status, await response.json()]).toEqual([503, { status: "not ready" }]);
      expect(other.logs()).toContain("0001-tables: run npm run db:deploy");
      expect((await fetch(`${other.url}/healthz`)).status).toBe(200);
    } finally {
      await other.stop();
      await behind.drop();
    }
  });

  it("says so while the database is away, to everybody in their words, and recovers with it", async () => {
    const away = await createTestDatabase();
    const link = await severable(away.url);
    const secret = "0123456789abcdef0123456789abcdef";
    const other = await startTestApp({
      sandbox: world.sandbox,
      databaseUrl: link.url,
      env: { MIGRATION_SECRET: secret, RUN_JOBS: "false" },
    });
    const status = async (path: string, headers = {}) => (await fetch(other.url + path, { headers })).status;
    const operator = { Authorization: `Bearer ${secret}` };
    const { shop } = await world.sandbox.client.installShop("during-an-outage.myshopify.com", { token: "none" });
    try {
      expect(await status("/admin/token-health", operator)).toBe(200);
      const { cookie } = await signInToConsole({ url: other.url }, secret);
      link.sever();
      await expect.poll(() => status("/readyz")).toBe(503);
      expect(await status("/healthz")).toBe(200);
      // The queue is asked on connections of its own, which this process has not opened yet.
      for (const method of ["GET", "POST"]) {
        const letters = await fetch(`${other.url}/admin/dead-letters`, { method, headers: operator });
        expect([letters.status, letters.headers.get("retry-after")], method).toEqual([503, "5"]);
        expect(await letters.json()).toMatchObject({ code: "database_unreachable" });
      }
      for (const path of ["/admin/shops/export", "/admin/jobs"])
        expect(await status(path, { Cookie: cookie, Accept: "text/html" }), path).toBe(503);
      const refused = await fetch(`${other.url}/admin/token-health`, { headers: operator });
      expect(refused.status).toBe(503);
      expect(refused.headers.get("retry-after")).toBe("5");
      expect(await refused.json()).toMatchObject({ code: "database_unreachable" });
      const page = await merchantOf(other, world.sandbox).open(shop);
      expect(page.status).toBe(503);
      expect(page.headers.get("retry-after")).toBe("5");
      expect(shown(await page.text())).toContain("The app will be back in a moment");

      const login = await fetch(`${other.url}/auth/login?shop=a`, { redirect: "manual" });
      expect([login.status, login.headers.get("retry-after")], "GET").toEqual([503, "5"]);
      expect(shown(await login.text())).toContain("The app will be back in a moment");
      const typed = { method: "POST", body: new URLSearchParams({ shop: "a" }), redirect: "manual" } as const;
      expect((await fetch(`${other.url}/auth/login`, typed)).status, "POST").toBe(503);
      link.mend();
      await expect.poll(() => status("/readyz"), { timeout: 10_000 }).toBe(200);
      expect((await merchantOf(other, world.sandbox).open(shop)).status).toBe(200);
    } finally {
      await other.stop();
      await link.close();
      await away.drop();
    }
  });
});

describe("headers", () => {
  it("of pages outside of Shopify Admin forbid framing", async () => {
    const response = await get("/", { "X-Forwarded-Proto": "https" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-security-policy")).toBe("frame-ancestors 'none'");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("strict-transport-security")).toMatch(/^max-age=/);
    expect(response.headers.get("x-powered-by")).toBeNull();
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("do not promise https where there is none", async () => {
    expect((await get("/healthz")).headers.get("strict-transport-security")).toBeNull();
  });

  it("let browsers keep assets for ever, compressed", async () => {
    const file = readdirSync("build/client/assets").find((name) => /^styles.*\.css$/.test(name));
    const response = await get(`/assets/${file}`, { "Accept-Encoding": "gzip" });
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect((await get("/assets/none.js")).status).toBe(404);
    const refused = {
      "If-Match": '"x"',
      "If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT",
      Range: "bytes=99999999-",
    };
    for (const [name, value] of Object.entries(refused)) {
      const { status, headers } = await get(`/assets/${file}`, { [name]: value });
      expect([status, headers.get("cache-control"), headers.get("etag")], name).toEqual([
        name === "Range" ? 416 : 412,
        "no-store",
        null,
      ]);
    }
  });

  it("carry a request id: the proxy's, when it is one", async () => {
    expect((await get("/healthz", { "X-Request-Id": "trace-12345678" })).headers.get("x-request-id")).toBe(
      "trace-12345678",
    );
    expect((await get("/healthz", { "X-Request-Id": 'bad"id' })).headers.get("x-request-id")).toMatch(
      /^[0-9a-f-]{36}$/,
    );
  });
});

describe("methods", () => {
  it("OPTIONS names what a page answers, and allows no other origin", async () => {
    const response = await fetch(`${world.app.url}/app`, {
      method: "OPTIONS",
      headers: { Origin: "https://evil.example" },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("allow")).toContain("GET");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("HEAD of a page has its status and no body", async () => {
    const response = await fetch(`${world.app.url}/`, { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("that make no sense are answered 405", async () => {
    const { request, response } = openRequest(world.app, "/app");
    request.method = "TRACE";
    request.end();
    expect((await response).statusCode).toBe(405);
  });
});

describe("addresses", () => {
  it("that no URL can be made of are answered 400", async () => {
    const { request, response } = openRequest(world.app, "/app", { Host: "a b" });
    request.end();
    expect((await response).statusCode).toBe(400);
    expect((await get("/assets/%E0%A4%A")).status).toBe(400);
  });

  it("that do not exist are answered 404 with a way on", async () => {
    const response = await get("/no/such/page");
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("This page doesn’t exist");
  });
});

describe("bodies", () => {
  const MEBIBYTE = 1024 * 1024;

  it("that announce too much are refused before they are read", async () => {
    const { request, response } = openRequest(world.app, "/auth/login", {
      "Content-Type": "application/x-www-form-urlencoded",
      "Content-Length": String(2 * MEBIBYTE),
    });
    request.write("shop=");
    const { statusCode, text } = await response;
    request.destroy();
    expect(statusCode).toBe(413);
    expect(JSON.parse(text)).toMatchObject({ code: "body_too_large" });
  });

  it("that turn out to be too much are refused when they do", async () => {
    const { request, response } = openRequest(world.app, "/auth/login", {
      "Content-Type": "application/x-www-form-urlencoded",
    });
    request.on("error", () => {});
    const chunk = Buffer.alloc(64 * 1024, "a");
    for (let sent = 0; sent <= MEBIBYTE; sent += chunk.length) request.write(chunk);
    expect((await response).statusCode).toBe(413);
    request.destroy();
    expect((await get("/healthz")).status).toBe(200);
  });

  it("of webhooks may be larger, and are verified whole", async () => {
    const shop = "large.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const payload = { shop_domain: shop, note: "x".repeat(MEBIBYTE - 1_024) };
    const { status } = await world.sandbox.client.sendWebhook(shop, "customers/redact", payload, {
      uri: `${world.app.url}/webhooks/customers/redact`,
    });
    expect(status).toBe(200);
  });
});

describe("the log", () => {
  it("has a line per request, with neither its query nor anything secret in it", async () => {
    const shop = "logged.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const merchant = merchantOf(world.app, world.sandbox);
    await merchant.open(shop, { idToken: await world.sandbox.client.idToken(shop, { expired: true }) });
    await merchant.visit(`/auth/callback?shop=${shop}&code=secret-code&hmac=abcdef&state=1`);
    await expect.poll(() => world.app.logs()).toContain('"path":"/auth/callback"');
    const line = world.app
      .logs()
      .split("\n")
      .find((text) => text.includes('"path":"/auth/callback"'));
    expect(Object.keys(JSON.parse(line!) as object).sort()).toEqual([
      "level",
      "method",
      "ms",
      "msg",
      "path",
      "requestId",
      "status",
      "time",
    ]);
    expect(world.app.logs()).not.toContain("secret-code");
    expect(world.app.logs()).not.toContain("id_token");
    await world.app.expectNoSecrets();
  });
});
