// Proves that odd input of a stranger is a 4xx in words, and leads nowhere that is not ours.
import { describe, expect, it } from "vitest";
import { shown } from "../support/app-requests.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { appHarness } from "./app-harness.ts";

const world = appHarness({ env: { TOKEN_EXCHANGE_ROLLOUT: "0%,+exchange.myshopify.com" } });

describe("a stranger's odd input is refused in words", () => {
  const words = async (response: Response) =>
    shown(await response.text())
      .replace(/<[^>]*>|\s+/g, " ")
      .trim();
  const login = (init: RequestInit & { headers?: Record<string, string> }, path = "/auth/login") =>
    world.merchant.visit(path, { method: "POST", ...init });
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

  it("a form to a page that takes none: answered in English, as no loader has said the language", async () => {
    const response = await login({ headers: form, body: "a=b" }, "/?locale=de");
    expect(response.status).toBe(405);
    expect(await words(response)).toMatch(
      /Something went wrong +Try again\. If it keeps happening, contact support\. *$/,
    );
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
      expect((await world.merchant.visit(path)).headers.get("location") ?? "", path).not.toContain("aaa");
    }
  });

  it.each(["\u2003a", "\ufeffa", "\u1680a", "\u00a0a", "\ta", "A"])("a shop written as %j", async (name) => {
    for (const path of ["/auth/session-token", "/auth/exit-iframe", "/auth", "/app", "/auth/login", "/"]) {
      const query = new URLSearchParams({ shop: `${name}.myshopify.com\n`, exitIframe: "/auth" });
      const response = await world.merchant.visit(`${path}?${query}`);
      expect(response.status, path).toBeLessThan(400);
      expect(response.headers.get("link") ?? "", path).not.toMatch(/[^\x20-\x7e]/);
    }
  });

  it("letters that only look like those of a shop", async () => {
    for (const path of ["/auth/session-token", "/auth/exit-iframe", "/auth"]) {
      const query = new URLSearchParams({ shop: "\u212aelly.myshopify.com", exitIframe: "/auth" });
      expect((await world.merchant.visit(`${path}?${query}`)).status, path).toBe(400);
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
        const response = await world.merchant.visit(`${path}?${query}`);
        expect(response.status, `${path} ${destination}`).toBe(400);
        expect(await words(response), destination).toMatch(/This link (?:does not|doesn’t) work/);
      }
    }
    const own = new URLSearchParams({ shop: "a.myshopify.com", "shopify-reload": `${TEST_APP.url}/app?a=b` });
    expect((await world.merchant.visit(`/auth/session-token?${own}`)).status).toBe(200);
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
      const response = await world.merchant.visit(`/auth/exit-iframe?exitIframe=${encodeURIComponent(destination)}`);
      expect(response.status, destination).toBe(400);
      expect(await words(response), destination).toContain("This page does not exist");
    }
  });
});
