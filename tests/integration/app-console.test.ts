// Proves the operator's console at its door: sign-in, cookie, roles, forged forms.
import { describe, expect, it } from "vitest";
import { startTestApp } from "../support/app-process.ts";
import { signInToConsole, submit } from "../support/console-visitor.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { consoleHarness, MONITOR_SECRET } from "./console-harness.ts";

const PAGES = ["/admin", "/admin/runs", "/admin/runs/new", "/admin/runs/x", "/admin/runs/x/stop"];

const at = consoleHarness();
const { world } = at;

describe("the door", () => {
  it.each(PAGES)("shows a stranger nothing of %s but the way to the form", async (path) => {
    const browser = await fetch(world.app.url + path, { redirect: "manual", headers: { Accept: "text/html" } });
    expect(browser.status).toBe(303);
    expect(browser.headers.get("location")).toMatch(/^\/admin\/login/);
    expect(await browser.text()).toBe("");
    const program = await fetch(world.app.url + path, { redirect: "manual" });
    expect(program.status).toBe(401);
    expect(await program.json()).toMatchObject({ code: "not_signed_in" });
  });

  it("shows the form alone, under a policy that allows neither inline code nor a frame", async () => {
    const response = await fetch(`${world.app.url}/admin/login`, { headers: { Accept: "text/html" } });
    const text = await response.text();
    expect(text).toContain('type="password"');
    expect(text).not.toMatch(/href="\/admin|<nav|shops|<script/);
    const policy = response.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("gives a cookie that scripts and other sites do not get, and that holds no secret", () => {
    expect(at.operator.setCookie).toMatch(/; HttpOnly; SameSite=Strict; Secure; Max-Age=1800$/);
    expect(at.operator.setCookie).toContain("Path=/admin");
    expect(at.operator.setCookie).not.toContain(world.app.migrationSecret);
  });

  it("refuses a wrong secret in words, repeats it nowhere, and asks to wait after many", async () => {
    const address = { "X-Forwarded-For": "203.0.113.77" };
    const wrong = await submit(world.app.url, "/admin/login", { secret: "a wrong secret" }, address);
    expect(wrong.status).toBe(401);
    expect(wrong.headers.getSetCookie()).toEqual([]);
    const text = await wrong.text();
    expect(text).toContain("That is not the secret");
    expect(text).not.toContain("a wrong secret");
    let last = wrong;
    for (let n = 0; n < 10; n++) last = await submit(world.app.url, "/admin/login", { secret: `wrong ${n}` }, address);
    expect(last.status).toBe(429);
    expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
    // The right one still opens.
    const right = await submit(world.app.url, "/admin/login", { secret: world.app.migrationSecret }, address);
    expect(right.status).toBe(303);
  });

  it.each([
    ["/admin/runs?x=1", "/admin/runs?x=1"],
    ["https://evil.example/", "/admin"],
    ["//evil.example", "/admin"],
    ["/admin/../app", "/admin"],
    ["/admin/login", "/admin"],
    ["/\\evil.example", "/admin"],
  ])("leads from the form to the console alone: %s", async (next, location) => {
    const response = await submit(world.app.url, "/admin/login", { secret: world.app.migrationSecret, next });
    expect(response.headers.get("location")).toBe(location);
  });

  it("takes no cookie that was changed, made up, or is another role's", async () => {
    const [name, value] = at.operator.cookie.split("=") as [string, string];
    const monitorValue = at.monitor.cookie.split("=")[1]!;
    const forged = [
      `${value.slice(0, -1)}${value.endsWith("A") ? "B" : "A"}`,
      monitorValue.replace("monitor", "operator"),
      value.replace(/^(\w+\.\w+)\.\w+/, "$1.zzzzzzzz"),
      "",
      "operator",
      `operator.0.zzzzzzzz.${"A".repeat(22)}.${"A".repeat(43)}`,
    ];
    // Neighbours below the same domain can set cookies of this name, as many as a header holds: they keep nobody out.
    for (const neighbours of [1, 60]) {
      const set = Array.from({ length: neighbours }, (_, place) => `${name}=${forged[place % forged.length]}; `);
      const all = await fetch(`${world.app.url}/admin`, {
        headers: { Accept: "text/html", Cookie: set.join("") + at.operator.cookie },
        redirect: "manual",
      });
      expect(all.status).toBe(200);
    }
    for (const cookie of forged) {
      const response = await fetch(`${world.app.url}/admin`, {
        redirect: "manual",
        headers: { Accept: "text/html", Cookie: `${name}=${cookie}` },
      });
      expect(response.status).toBe(303);
    }
  });

  it("does nothing for a form without the session's mark, from another origin, or that is no form", async () => {
    const path = "/admin/runs/new";
    expect((await at.operator.post(path, { csrf: "" })).status).toBe(403);
    expect((await at.operator.post(path, { csrf: "A".repeat(43) })).status).toBe(403);
    expect((await at.operator.post(path, {}, { Origin: "https://evil.example" })).status).toBe(403);
    const elsewhere = { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" };
    expect((await at.operator.post(path, {}, elsewhere)).status).toBe(403);
    const json = await at.operator.post(path, {}, { "Content-Type": "application/json" });
    expect(json.status).toBe(415);
    expect(await world.database.query(`SELECT FROM expand_contract."MigrationRun"`)).toEqual([]);
  });

  it("works at another address than SHOPIFY_APP_URL, as through a tunnel", async () => {
    const tunnel = { Origin: "http://127.0.0.1:9999", "Sec-Fetch-Site": "same-origin" };
    expect((await at.operator.post("/admin/runs/new", { csrf: "" }, tunnel)).headers.get("content-type")).toMatch(
      /html/,
    );
    const signedIn = await submit(world.app.url, "/admin/login", { secret: MONITOR_SECRET, next: "/admin" }, tunnel);
    expect(signedIn.status).toBe(303);
    expect((await submit(world.app.url, "/auth/login", { shop: "a" }, tunnel)).status).toBe(403);
  });

  it("lets a monitor look, and touch nothing", async () => {
    const page = await at.monitor.page("/admin");
    expect(page).toContain("may look, not touch");
    expect(page).not.toContain("/admin/runs/new");
    const csrf = "A".repeat(43);
    const response = await submit(world.app.url, "/admin/runs/new", { csrf }, { Cookie: at.monitor.cookie });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("look, not touch");
  });

  it("signs out", async () => {
    const response = await submit(world.app.url, "/admin/logout", {}, { Cookie: at.operator.cookie });
    expect(response.headers.get("location")).toBe("/admin/login");
    expect(response.headers.getSetCookie()[0]).toMatch(/^operator_session=; .*Max-Age=0$/);
  });

  it("answers addresses that do not exist with a page", async () => {
    for (const path of ["/admin/runs/no-such-run", "/admin/runs/%F0%9F%92%A9", "/admin/runs/no-such-run/stop"]) {
      const response = await at.operator.get(path);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain("There is no such run");
    }
  });
});

it("an http address on this machine gets a cookie that it can keep", async () => {
  const local = await startTestApp({
    sandbox: world.sandbox,
    databaseUrl: world.database.url,
    env: { SHOPIFY_APP_URL: "http://localhost:3000" },
  });
  try {
    const visitor = await signInToConsole(local, local.migrationSecret);
    expect(visitor.setCookie).not.toContain("Secure");
    expect(TEST_APP.url).toMatch(/^https:/);
    // Another secret than the one it was signed for.
    const response = await fetch(`${world.app.url}/admin`, {
      redirect: "manual",
      headers: { Accept: "text/html", Cookie: visitor.cookie },
    });
    expect(response.status).toBe(303);
  } finally {
    await local.stop();
  }
});
