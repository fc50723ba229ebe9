// Proves that no redirect goes round more than once, that a frame always shows something, and that odd input of a stranger is a 4xx in words.
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { BROWSER_USER_AGENT } from "../support/browser.ts";
import { merchantOf, throughSandbox, type Merchant } from "../support/app-requests.ts";
import { testDatabase } from "../support/postgres.ts";
import { startTestSandbox, TEST_APP } from "../support/sandbox.ts";

const database = testDatabase();
let sandbox: Sandbox;
let app: TestApp;
let merchant: Merchant;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  app = await startTestApp({
    sandbox,
    databaseUrl: database.current.url,
    phase: "expand",
    // One scope more than Shopify will ever grant.
    env: { TOKEN_EXCHANGE_ROLLOUT: "0%,+exchange.myshopify.com", SCOPES: "read_products,write_orders" },
  });
  merchant = merchantOf(app, sandbox);
});

afterAll(async () => {
  await app?.expectNoSecrets();
  await app?.stop();
  await sandbox?.close();
});

/** Follows redirects as a browser does, through Shopify too, until a page comes. Fails when an address of ours comes a third time. */
async function browse(start: string, { cookies = true, frame = false } = {}) {
  const jar = new Map<string, string>();
  const visits = new Map<string, number>();
  let address = new URL(start, TEST_APP.url);
  for (;;) {
    if (address.host.endsWith(".myshopify.com")) {
      address = new URL((await throughSandbox(sandbox, address)).location);
      continue;
    }
    if (address.host !== new URL(TEST_APP.url).host) return { address, page: undefined, text: "" };
    const times = (visits.get(address.pathname) ?? 0) + 1;
    visits.set(address.pathname, times);
    if (times > 2) throw new Error(`goes round: ${[...visits].join(" ")}`);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const page = await merchant.visit(address.pathname + address.search, {
      headers: { "Sec-Fetch-Dest": frame ? "iframe" : "document", ...(cookies && { Cookie: cookie }) },
    });
    for (const line of page.headers.getSetCookie()) {
      const [, name, value] = /^([^=]*)=([^;]*)/.exec(line)!;
      jar.set(name!, value!);
    }
    const location = page.headers.get("location");
    if (!location) return { address, page, text: await page.text() };
    address = new URL(location, address);
  }
}

/** Shopify Admin may show it, and it says what to do. */
function expectToHelp({ page, text }: { page: Response | undefined; text: string }) {
  expect(page?.headers.get("content-security-policy")).toContain("https://admin.shopify.com");
  expect(text).toMatch(/<h1|<h2|_top|app-bridge/);
}

describe("redirects", () => {
  it("end with a page when the browser never keeps a cookie, after one more try", async () => {
    const shop = "no-cookies.myshopify.com";
    await sandbox.client.createShop(shop);
    const end = await browse(`/auth?shop=${shop}`, { cookies: false });
    expect(end.page?.status).toBe(400);
    expect(end.text).toContain("Your browser did not keep a cookie");
    expect(end.text).toContain(`href="/auth?shop=${shop}"`);
    expect(await sandbox.client.ledger.calls({ shop, endpoint: "token" })).toEqual([]);
  });

  it("try once more when only the first answer came without its cookie", async () => {
    const shop = "late-cookie.myshopify.com";
    await sandbox.client.createShop(shop);
    const begun = await merchant.visit(`/auth?shop=${shop}`);
    const callback = await throughSandbox(sandbox, new URL(begun.headers.get("location")!));
    const end = await browse(callback.location);
    expect(end.address.href).toContain("https://admin.shopify.com/store/late-cookie/apps/");
    expect((await sandbox.client.ledger.calls({ shop, endpoint: "token" })).length).toBe(1);
  });

  it("end with a page when Shopify never grants all scopes", async () => {
    const shop = "fewer-scopes.myshopify.com";
    await sandbox.client.createShop(shop);
    expect((await merchant.installByCode(shop)).status).toBe(302);
    const page = await merchant.open(shop);
    const text = await page.text();
    expect(page.status).toBe(403);
    expectToHelp({ page, text });
    expect(text).toContain("The app needs more access");
    expect(text).toContain(`${TEST_APP.url}/auth?shop=${shop}`);
    const data = await merchant.data(shop);
    expect(data.status).toBe(403);
    expect(data.headers.has("x-shopify-api-request-failure-reauthorize-url")).toBe(false);

    // Days later the merchant is asked again, once.
    await database.current.query(
      `UPDATE expand_contract."TokenEvent" SET "at" = now() - interval '1 day' WHERE "shop" = $1`,
      [shop],
    );
    expect((await merchant.open(shop)).headers.get("location")).toMatch(/^\/auth\/exit-iframe\?/);
    expect((await merchant.installByCode(shop)).status).toBe(302);
    expect((await merchant.open(shop)).status).toBe(403);
  });

  it("end with a page when the bounce page brings no ID token that helps, and it has a next step", async () => {
    const shop = "exchange.myshopify.com";
    await sandbox.client.installShop(shop);
    const first = await merchant.open(shop, { idToken: await sandbox.client.idToken(shop, { wrongAudience: true }) });
    const bounce = new URL(first.headers.get("location")!, TEST_APP.url);
    const reload = new URL(bounce.searchParams.get("shopify-reload")!);
    for (const options of [{ wrongAudience: true }, { expired: true }, { malformed: true }]) {
      reload.searchParams.set("id_token", await sandbox.client.idToken(shop, options));
      const end = await browse(reload.pathname + reload.search, { frame: true });
      expect(end.page?.status).toBe(401);
      expectToHelp(end);
      expect(end.text).toContain("Please open the app again");
      expect(end.text).toContain("Try again");
    }
    reload.searchParams.delete("id_token");
    expect((await browse(reload.pathname + reload.search, { frame: true })).page?.status).toBe(401);
  });
});

describe("the frame shows something that helps", () => {
  it("for a valid ID token without a host: the page", async () => {
    const shop = "exchange.myshopify.com";
    await sandbox.client.installShop(shop);
    for (const rest of ["embedded=1&", `embedded=1&shop=${shop}&`, "", "embedded=1&host=&shop=&"]) {
      const end = await browse(`/app?${rest}id_token=${await sandbox.client.idToken(shop)}`, { frame: true });
      expect(end.page?.status, rest).toBe(200);
      expect(end.page?.headers.get("content-security-policy"), rest).toContain(`https://${shop}`);
      expect(atob(end.address.searchParams.get("host")!), rest).toBe("admin.shopify.com/store/exchange");
    }
  });

  it.each([
    "/app",
    "/app/connection",
    "/app/connection?embedded=1",
    "/app?shop=exchange.myshopify.com",
    "/app?embedded=1&shop=exchange.myshopify.com",
    "/app?embedded=1&shop=*",
    "/app?embedded=1&shop=a&shop=b",
    "/",
    "/?shop=exchange.myshopify.com",
    "/auth",
    "/auth?shop=exchange.myshopify.com",
    "/auth?shop=nonsense",
    "/auth/callback?shop=exchange.myshopify.com",
    "/auth/login",
    "/auth/login?shop=exchange.myshopify.com",
    "/auth/session-token",
    "/auth/exit-iframe",
    "/auth/exit-iframe?exitIframe=/a//b",
    "/auth/nowhere",
    "/nowhere",
  ])("for %s", async (path) => {
    const end = await browse(path, { frame: true });
    expectToHelp(end);
    expect(end.page!.status).toBeLessThan(500);
  });
});

describe("a stranger's odd input is refused in words", () => {
  const words = async (response: Response) => (await response.text()).replace(/<[^>]*>|\s+/g, " ").trim();
  const login = (init: RequestInit & { headers?: Record<string, string> }, path = "/auth/login") =>
    merchant.visit(path, { method: "POST", ...init });
  const form = { "Content-Type": "application/x-www-form-urlencoded" };

  it.each<[string, RequestInit & { headers?: Record<string, string> }]>([
    ["JSON", { headers: { "Content-Type": "application/json" }, body: '{"shop":"a"}' }],
    ["an empty body", {}],
    ["an empty form", { headers: form, body: "" }],
    ["a broken multipart", { headers: { "Content-Type": "multipart/form-data; boundary=x" }, body: "--y" }],
    ["a multipart without a boundary", { headers: { "Content-Type": "multipart/form-data" }, body: "x" }],
    ["PUT", { method: "PUT", headers: form, body: "shop=a" }],
    ["DELETE", { method: "DELETE" }],
    ["PATCH", { method: "PATCH", headers: form, body: "shop=a" }],
    ["a foreign Origin", { headers: { ...form, Origin: "https://evil.example" }, body: "shop=a" }],
    ["the Origin null", { headers: { ...form, Origin: "null" }, body: "shop=a" }],
    ["an Origin that is no address", { headers: { ...form, Origin: "nonsense" }, body: "shop=a" }],
    [
      "a file as the shop",
      {
        headers: { "Content-Type": "multipart/form-data; boundary=x" },
        body: '--x\r\nContent-Disposition: form-data; name="shop"; filename="a"\r\n\r\na\r\n--x--\r\n',
      },
    ],
  ])("a login with %s", async (_, init) => {
    for (const path of ["/auth/login", "/auth/login.data", "/auth/login?index"]) {
      const response = await login(init, path);
      expect(response.status, path).toBeGreaterThanOrEqual(400);
      expect(response.status, path).toBeLessThan(500);
      expect((await words(response)).length, path).toBeGreaterThan(20);
    }
  });

  it.each([300, 5_000, 900_000])("a shop's name of %i characters", async (length) => {
    const name = "a".repeat(length);
    for (const shop of [name, `${name}.myshopify.com`, `https://admin.shopify.com/store/${name}`]) {
      const response = await login({ headers: form, body: `shop=${encodeURIComponent(shop)}` });
      expect([413, 422]).toContain(response.status);
      expect(response.headers.get("location")).toBeNull();
      expect((await response.text()).length).toBeLessThan(100_000);
    }
    const long = `${"a".repeat(300)}.myshopify.com`;
    for (const path of [`/auth/login?shop=${long}`, `/auth?shop=${long}`, `/app?shop=${long}`]) {
      expect((await merchant.visit(path)).headers.get("location") ?? "", path).not.toContain("aaa");
    }
  });

  it.each(["\u2003a", "\ufeffa", "\u1680a", "\u00a0a", "\ta", "A"])("a shop written as %j", async (name) => {
    for (const path of ["/auth/session-token", "/auth/exit-iframe", "/auth", "/app", "/auth/login", "/"]) {
      const query = new URLSearchParams({ shop: `${name}.myshopify.com\n`, exitIframe: "/auth" });
      const response = await merchant.visit(`${path}?${query}`);
      expect(response.status, path).toBeLessThan(400);
      expect(response.headers.get("link") ?? "", path).not.toMatch(/[^\x20-\x7e]/);
    }
  });

  it("letters that only look like those of a shop", async () => {
    for (const path of ["/auth/session-token", "/auth/exit-iframe", "/auth"]) {
      const query = new URLSearchParams({ shop: "\u212aelly.myshopify.com", exitIframe: "/auth" });
      expect((await merchant.visit(`${path}?${query}`)).status, path).toBe(400);
    }
  });

  it("where the bounce page would take an ID token that is not ours", async () => {
    for (const path of ["/auth/session-token", "/auth/exit-iframe", "/auth", "/app", "/"]) {
      for (const destination of [
        "https://evil.example/",
        "//evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "http://[",
        TEST_APP.url.replace("https", "http"),
        `blob:${TEST_APP.url}/0c7d3f5e`,
        TEST_APP.url.replace("://", "://someone@"),
      ]) {
        const query = new URLSearchParams({ shop: "a.myshopify.com", embedded: "1", "shopify-reload": destination });
        const response = await merchant.visit(`${path}?${query}`);
        expect(response.status, `${path} ${destination}`).toBe(400);
        expect(await words(response), destination).toContain("This link does not work");
      }
    }
    const own = new URLSearchParams({ shop: "a.myshopify.com", "shopify-reload": `${TEST_APP.url}/app?a=b` });
    expect((await merchant.visit(`/auth/session-token?${own}`)).status).toBe(200);
  });

  it("destinations of the exit page that are not ours", async () => {
    for (const destination of [
      "/a//b",
      "//evil.example",
      "https://evil.example",
      "javascript:alert(1)",
      "https://a.myshopify.com/",
      "\\\\evil",
      "",
      `blob:${TEST_APP.url}/0c7d3f5e`,
    ]) {
      const response = await merchant.visit(`/auth/exit-iframe?exitIframe=${encodeURIComponent(destination)}`);
      expect(response.status, destination).toBe(400);
      expect(await words(response), destination).toContain("This page does not exist");
    }
  });
});

describe("behind a proxy that rewrites Host and says nothing of it", () => {
  const form = { "Content-Type": "application/x-www-form-urlencoded", Origin: TEST_APP.url };

  it.each(["a@b", "x/metrics?", "[::1", "a:b@c", "x#y"])("a Host of %j is refused in words", async (host) => {
    for (const path of ["/", "/app", "/auth/login"]) {
      const { status, text } = await fetchWithHost(host, path);
      expect(status).toBe(400);
      expect(text.length).toBeGreaterThan(20);
    }
  });

  it.each(["backend:8080", "127.0.0.1", "[::1]:3000", "my_service", "localhost:99999"])("Host: %s", async (host) => {
    expect((await fetchWithHost(host, "/")).status).toBe(200);
    const login = { method: "POST", headers: form, body: "shop=exchange" };
    expect((await fetchWithHost(host, "/auth/login", login)).status).toBe(302);
    const foreign = { ...login, headers: { ...form, Origin: "https://evil.example" } };
    expect((await fetchWithHost(host, "/auth/login", foreign)).status).toBe(403);
  });

  it("the check of the connection works", async () => {
    const shop = "exchange.myshopify.com";
    await sandbox.client.installShop(shop);
    const headers = { ...form, Authorization: `Bearer ${await sandbox.client.idToken(shop)}` };
    const check = await fetchWithHost("backend.internal:8080", "/app.data?index", { method: "POST", headers });
    expect(check.status).toBe(200);
    expect(check.text).toContain('"ok","name"');
  });
});

/** `fetch` does not let its caller choose the Host. */
function fetchWithHost(
  host: string,
  path: string,
  {
    method = "GET",
    headers = {},
    body = "",
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const all = { "User-Agent": BROWSER_USER_AGENT, ...headers, Host: host };
    const sent = request(new URL(path, app.url), { method, headers: all }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode!, text }));
    });
    sent.on("error", reject).end(body);
  });
}
