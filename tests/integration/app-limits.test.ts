// Proves that a stranger's request is answered in words whatever is wrong with it, never with an error of ours, and is read once.
import { describe, expect, it } from "vitest";
import { TEST_APP } from "../support/sandbox.ts";
import { appHarness } from "./app-harness.ts";
import { raw, sendBytes } from "../support/raw-connection.ts";

const world = appHarness();
const send = (bytes: string) => sendBytes(world.app.port, bytes);

const FORM = { "Content-Type": "application/x-www-form-urlencoded" };

describe("an answer in words", () => {
  it.each<[string, string, number]>([
    ["an address of 9,000 characters", raw(`GET /${"a".repeat(9_000)}`), 414],
    ["a NUL in the path", raw("GET /admin/migrate-tokens/%00"), 400],
    ["a NUL in the query", raw("GET /app?shop=%00"), 400],
    ["percent-encoding that is none", raw("GET /app/%zz"), 400],
    ["percent-encoding that is no UTF-8", raw("GET /%E0%A4%A"), 400],
    ["a backslash, which a URL reads as a slash", raw("GET /%5c"), 400],
    ["an empty segment", raw("GET /auth//login"), 404],
    ["what looks like another host", raw("GET //evil.example/app"), 404],
    ["hundreds of segments", raw(`GET ${"/a".repeat(500)}`), 404],
    ["Remix's parameter for data", raw("GET /app?_data=routes%2Fapp"), 400],
    ["Remix's discovery of thousands of routes", raw(`GET /__manifest?version=1&p=${"/a".repeat(1_000)}`), 414],
    ["user and host", raw("GET /app", { Host: "a@b" }), 400],
    ["a path in Host", raw("GET /", { Host: "x/metrics?" }), 400],
    ["a space in Host", raw("GET /", { Host: "a b" }), 400],
    ["a long user agent", raw("GET /", { "User-Agent": "x".repeat(2_000) }), 431],
    ["a long Authorization", raw("GET /admin/token-health", { Authorization: `Bearer ${"x".repeat(5_000)}` }), 431],
    ["PUT to a form", raw("PUT /auth/login", FORM, "shop=a"), 405],
    ["PROPFIND", raw("PROPFIND /app"), 405],
    ["PROPFIND of an operator's route", raw("PROPFIND /admin/token-health"), 405],
    ["TRACE", raw("TRACE /app"), 405],
    ["GET of a webhook", raw("GET /webhooks/app/uninstalled"), 405],
    ["a login in JSON", raw("POST /auth/login", { "Content-Type": "application/json" }, '{"shop":"a"}'), 415],
    ["a login without a content type", raw("POST /auth/login", {}, "shop=a"), 415],
    ["a login without anything", raw("POST /auth/login", { "Content-Length": "0" }), 415],
    ["malformed multipart", raw("POST /auth/login", { "Content-Type": "multipart/form-data; boundary=x" }, "--y"), 415],
    ["a foreign origin", raw("POST /auth/login", { ...FORM, Origin: "https://evil.example" }, "shop=a"), 403],
    ["an opaque origin", raw("POST /auth/login", { ...FORM, Origin: "null" }, "shop=a"), 403],
    ["an origin that is none", raw("POST /auth/login", { ...FORM, Origin: "a b" }, "shop=a"), 403],
    ["a form where none is taken", raw("POST /", FORM, "a=1"), 405],
    ["a form for data where none is taken", raw("POST /auth.data", FORM, "a=1"), 405],
    ["an unsigned webhook", raw("POST /webhooks/app/uninstalled", {}, "{}"), 401],
    [
      "a webhook whose signature is none",
      raw("POST /webhooks/app/uninstalled", { "X-Shopify-Hmac-Sha256": "x" }, "{}"),
      401,
    ],
  ])("is given to %s", async (_what, bytes, status) => {
    const { status: answered, body } = await send(bytes);
    expect(answered).toBe(status);
    expect(body.length).toBeGreaterThan(20);
  });

  it("is a page for a browser and problem details for everything else", async () => {
    const page = await send(raw("PUT /auth/login", { ...FORM, Accept: "text/html,*/*" }, "shop=a"));
    expect(page.head).toMatch(/content-type: text\/html/i);
    expect(page.head).toMatch(/content-security-policy: frame-ancestors https:\/\/admin\.shopify\.com\r/i);
    expect(page.head).toMatch(/allow: GET, HEAD, POST/i);
    expect(page.body).toContain("Go to the start page");
    const problem = await send(raw("PUT /auth/login", FORM, "shop=a"));
    expect(problem.head).toMatch(/content-type: application\/problem\+json/i);
    expect(JSON.parse(problem.body)).toMatchObject({ code: "method_not_allowed", status: 405 });
  });

  it("is never an error of ours, whatever methods, headers and addresses are put together", async () => {
    const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "LOCK"];
    const paths = [
      "/",
      "/app",
      "/app.data",
      "/app/connection.data",
      "/_root.data",
      "/auth",
      "/auth.data",
      "/auth/callback",
      "/auth/login",
      "/auth/login.data",
      "/auth/exit-iframe",
      "/auth/session-token",
      "/webhooks/app/uninstalled",
      "/webhooks/x",
      "/admin/migrate-tokens",
      "/admin/migrate-tokens/x",
      "/metrics",
      "/metrics.data",
      "/healthz",
      "/__manifest",
      "/assets/x",
      "/nothing",
    ];
    const queries = [
      "",
      "?shop=a",
      "?shop=a.myshopify.com",
      "?shop[]=a",
      "?shop=a.myshopify.com&host=%F0%9F%98%80&embedded=1",
      "?exitIframe=%2Fa%2F%2Fb&shop=a.myshopify.com",
      "?_routes=x",
      "?_routes=routes%2Fapp",
      "?index",
      "?version=1&p=%2Fapp",
      "?id_token=a.b.c",
      "?hmac=x&shop=a.myshopify.com&timestamp=1",
      "?shopify-reload=%00",
      "?shopify-reload=x",
      "?%",
      "?a=%zz&=&",
    ];
    const headers: Record<string, string>[] = [
      {},
      { Authorization: "Bearer a.b.c" },
      { Authorization: "Bearer eyJhbGciOiJIUzI1NiJ9.eyJkZXN0IjoieCJ9.x" },
      { "Content-Type": "application/json" },
      { ...FORM },
      { ...FORM, Origin: TEST_APP.url },
      { Cookie: "=;;;%%%=" },
      { "X-Forwarded-Host": "a@b" },
      { "X-Forwarded-Proto": "gopher" },
      { Accept: "text/html" },
      { "User-Agent": "Mozilla/5.0" },
      { "X-Shopify-Hmac-Sha256": `${"A".repeat(43)}=` },
    ];
    let seed = 20_261_127;
    const pick = <T>(list: readonly T[]): T => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return list[Math.floor((seed / 2_147_483_648) * list.length)]!;
    };
    const cases = Array.from({ length: 600 }, () => {
      const method = pick(methods);
      const body = method === "GET" || method === "HEAD" ? "" : pick(["", "shop=a", "{", "\u0000\u00ff", "shop=%00"]);
      return raw(`${method} ${pick(paths)}${pick(queries)}`, { ...pick(headers), ...pick(headers) }, body);
    });
    const wrong: string[] = [];
    const worker = async () => {
      for (let bytes = cases.pop(); bytes; bytes = cases.pop()) {
        const { status } = await send(bytes);
        if (status < 200 || status >= 500) wrong.push(`${status} ${JSON.stringify(bytes.slice(0, 200))}`);
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    expect(wrong).toEqual([]);
    expect(world.app.logs()).not.toContain('"msg":"request failed"');
  });
});

describe("the address", () => {
  it("is read once: what is logged and counted is what was served", async () => {
    await send(raw("GET http://elsewhere.example/auth/login?shop=secret-query"));
    await send(raw("GET /auth/../metrics"));
    await send(raw(`GET /${"long".repeat(500)}`));
    const paths = world.app
      .logs()
      .split("\n")
      .filter((line) => line.includes('"msg":"request"'))
      .map((line) => (JSON.parse(line) as { path: string }).path);
    expect(paths.slice(-3)).toEqual(["/auth/login", "/metrics", `/${"long".repeat(500)}`.slice(0, 200)]);
    expect(world.app.logs()).not.toContain("secret-query");
  });

  it("of the app is SHOPIFY_APP_URL, whatever a proxy makes of Host", async () => {
    for (const Host of ["10.0.0.7:3000", "internal_app", "[::1]:3000"]) {
      const { status, head } = await send(
        raw("POST /auth/login", { ...FORM, Host, Origin: TEST_APP.url }, "shop=proxied"),
      );
      expect(status, Host).toBe(302);
      expect(head).toContain(`${TEST_APP.url}/auth?shop=proxied.myshopify.com`);
    }
  });

  it("and headers made to be slow to read stop no one", async () => {
    const hostile = "-eyJ".repeat(1_900);
    for (const bytes of [
      raw(`GET /${hostile}`),
      raw("GET /admin/token-health", { "X-Forwarded-For": hostile, Authorization: "Bearer x" }),
      raw("GET /admin/token-health", { "X-Request-Id": hostile, Authorization: `Bearer ${"x ".repeat(2_000)}` }),
      raw(`GET /app?shop=${hostile}`),
      raw(`GET /${"a/".repeat(4_000)}`),
      raw("GET /", { "User-Agent": "Mozilla ".repeat(120) }),
    ]) {
      const startedAt = performance.now();
      const [{ status }] = await Promise.all([send(bytes), fetch(`${world.app.url}/healthz`)]);
      expect(status).toBeLessThan(500);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    }
  });
});
