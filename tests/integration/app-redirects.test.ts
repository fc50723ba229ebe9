// Proves that no redirect goes round more than once, and that a frame always shows something.
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { BROWSER_USER_AGENT } from "../support/browser.ts";
import { shown, throughSandbox } from "../support/app-requests.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { appHarness } from "./app-harness.ts";

const world = appHarness({
  // One scope more than Shopify will ever grant.
  env: { TOKEN_EXCHANGE_ROLLOUT: "0%,+exchange.myshopify.com", SCOPES: "read_products,write_orders" },
});

/** Follows redirects as a browser does, through Shopify too, until a page comes. Fails when an address of ours comes a third time. */
async function browse(start: string, { cookies = true, frame = false } = {}) {
  const jar = new Map<string, string>();
  const visits = new Map<string, number>();
  let address = new URL(start, TEST_APP.url);
  for (;;) {
    if (address.host.endsWith(".myshopify.com")) {
      address = new URL((await throughSandbox(world.sandbox, address)).location);
      continue;
    }
    if (address.host !== new URL(TEST_APP.url).host) return { address, page: undefined, text: "" };
    const times = (visits.get(address.pathname) ?? 0) + 1;
    visits.set(address.pathname, times);
    if (times > 2) throw new Error(`goes round: ${[...visits].join(" ")}`);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const page = await world.merchant.visit(address.pathname + address.search, {
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
    await world.sandbox.client.createShop(shop);
    const end = await browse(`/auth?shop=${shop}`, { cookies: false });
    expect(end.page?.status).toBe(400);
    expect(end.text).toContain("Your browser did not keep a cookie");
    expect(end.text).toContain(`href="/auth?shop=${shop}"`);
    expect(await world.sandbox.client.ledger.calls({ shop, endpoint: "token" })).toEqual([]);
  });

  it("try once more when only the first answer came without its cookie", async () => {
    const shop = "late-cookie.myshopify.com";
    await world.sandbox.client.createShop(shop);
    const begun = await world.merchant.visit(`/auth?shop=${shop}`);
    const callback = await throughSandbox(world.sandbox, new URL(begun.headers.get("location")!));
    const end = await browse(callback.location);
    expect(end.address.href).toContain("https://admin.shopify.com/store/late-cookie/apps/");
    expect((await world.sandbox.client.ledger.calls({ shop, endpoint: "token" })).length).toBe(1);
  });

  it("end with a page when Shopify never grants all scopes", async () => {
    const shop = "fewer-scopes.myshopify.com";
    await world.sandbox.client.createShop(shop);
    expect((await world.merchant.installByCode(shop)).status).toBe(302);
    const page = await world.merchant.open(shop);
    const text = await page.text();
    expect(page.status).toBe(403);
    expectToHelp({ page, text });
    expect(shown(text)).toContain("The app needs more access");
    expect(shown(text)).toContain(`${TEST_APP.url}/auth?shop=${shop}`);
    const data = await world.merchant.data(shop);
    expect(data.status).toBe(403);
    expect(data.headers.has("x-shopify-api-request-failure-reauthorize-url")).toBe(false);

    // Days later the merchant is asked again, once.
    await world.database.query(
      `UPDATE expand_contract."TokenEvent" SET "at" = now() - interval '1 day' WHERE "shop" = $1`,
      [shop],
    );
    expect((await world.merchant.open(shop)).headers.get("location")).toMatch(/^\/auth\/exit-iframe\?/);
    expect((await world.merchant.installByCode(shop)).status).toBe(302);
    expect((await world.merchant.open(shop)).status).toBe(403);
  });

  it("end with a page when the bounce page brings no ID token that helps, and it has a next step", async () => {
    const shop = "exchange.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const first = await world.merchant.open(shop, {
      idToken: await world.sandbox.client.idToken(shop, { wrongAudience: true }),
    });
    const bounce = new URL(first.headers.get("location")!, TEST_APP.url);
    const reload = new URL(bounce.searchParams.get("shopify-reload")!);
    for (const options of [{ wrongAudience: true }, { expired: true }, { malformed: true }]) {
      reload.searchParams.set("id_token", await world.sandbox.client.idToken(shop, options));
      const end = await browse(reload.pathname + reload.search, { frame: true });
      expect(end.page?.status).toBe(401);
      expectToHelp(end);
      expect(shown(end.text)).toMatch(/Your store needs to reconnect.*Reconnect/s);
    }
    reload.searchParams.delete("id_token");
    expect((await browse(reload.pathname + reload.search, { frame: true })).page?.status).toBe(401);
  });
});

describe("the frame shows something that helps", () => {
  it("for a valid ID token without a host: the page", async () => {
    const shop = "exchange.myshopify.com";
    await world.sandbox.client.installShop(shop);
    for (const rest of ["embedded=1&", `embedded=1&shop=${shop}&`, "", "embedded=1&host=&shop=&"]) {
      const end = await browse(`/app?${rest}id_token=${await world.sandbox.client.idToken(shop)}`, { frame: true });
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
    await world.sandbox.client.installShop(shop);
    const headers = { ...form, Authorization: `Bearer ${await world.sandbox.client.idToken(shop)}` };
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
    const sent = request(new URL(path, world.app.url), { method, headers: all }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode!, text }));
    });
    sent.on("error", reject).end(body);
  });
}
