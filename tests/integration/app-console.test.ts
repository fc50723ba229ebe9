// Proves the operator's console at its door (sign-in, cookie, roles, forged forms) and in use: a rehearsal, the run, its stream, its stop.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { signInToConsole, submit, type ConsoleVisitor } from "../support/console-visitor.ts";
import { testDatabase } from "../support/postgres.ts";
import { startTestSandbox, TEST_APP } from "../support/sandbox.ts";
import { seedPermanentShops } from "./cli-harness.ts";

const MONITOR_SECRET = "monitor-monitor-monitor-monitor-1";
const PAGES = ["/admin", "/admin/runs", "/admin/runs/new", "/admin/runs/x", "/admin/runs/x/stop"];

const database = testDatabase();
let sandbox: Sandbox;
let app: TestApp;
let operator: ConsoleVisitor;
let monitor: ConsoleVisitor;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  app = await startTestApp({ sandbox, databaseUrl: database.current.url, phase: "expand", env: { MONITOR_SECRET } });
  operator = await signInToConsole(app, app.migrationSecret);
  monitor = await signInToConsole(app, MONITOR_SECRET);
});
afterAll(async () => {
  await app?.expectNoSecrets();
  await app?.stop();
  await sandbox?.close();
});

describe("the door", () => {
  it.each(PAGES)("shows a stranger nothing of %s but the way to the form", async (path) => {
    const browser = await fetch(app.url + path, { redirect: "manual", headers: { Accept: "text/html" } });
    expect(browser.status).toBe(303);
    expect(browser.headers.get("location")).toMatch(/^\/admin\/login/);
    expect(await browser.text()).toBe("");
    const program = await fetch(app.url + path, { redirect: "manual" });
    expect(program.status).toBe(401);
    expect(await program.json()).toMatchObject({ code: "not_signed_in" });
  });

  it("shows the form alone, under a policy that allows neither inline code nor a frame", async () => {
    const response = await fetch(`${app.url}/admin/login`, { headers: { Accept: "text/html" } });
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
    expect(operator.setCookie).toMatch(/; HttpOnly; SameSite=Strict; Secure; Max-Age=1800$/);
    expect(operator.setCookie).toContain("Path=/admin");
    expect(operator.setCookie).not.toContain(app.migrationSecret);
  });

  it("refuses a wrong secret in words, repeats it nowhere, and asks to wait after many", async () => {
    const address = { "X-Forwarded-For": "203.0.113.77" };
    const wrong = await submit(app.url, "/admin/login", { secret: "a wrong secret" }, address);
    expect(wrong.status).toBe(401);
    expect(wrong.headers.getSetCookie()).toEqual([]);
    const text = await wrong.text();
    expect(text).toContain("That is not the secret");
    expect(text).not.toContain("a wrong secret");
    let last = wrong;
    for (let n = 0; n < 10; n++) last = await submit(app.url, "/admin/login", { secret: `wrong ${n}` }, address);
    expect(last.status).toBe(429);
    expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
    // The right one still opens.
    const right = await submit(app.url, "/admin/login", { secret: app.migrationSecret }, address);
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
    const response = await submit(app.url, "/admin/login", { secret: app.migrationSecret, next });
    expect(response.headers.get("location")).toBe(location);
  });

  it("takes no cookie that was changed, made up, or is another role's", async () => {
    const [name, value] = operator.cookie.split("=") as [string, string];
    const monitorValue = monitor.cookie.split("=")[1]!;
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
      const all = await fetch(`${app.url}/admin`, {
        headers: { Accept: "text/html", Cookie: set.join("") + operator.cookie },
        redirect: "manual",
      });
      expect(all.status).toBe(200);
    }
    for (const cookie of forged) {
      const response = await fetch(`${app.url}/admin`, {
        redirect: "manual",
        headers: { Accept: "text/html", Cookie: `${name}=${cookie}` },
      });
      expect(response.status).toBe(303);
    }
  });

  it("does nothing for a form without the session's mark, from another origin, or that is no form", async () => {
    const path = "/admin/runs/new";
    expect((await operator.post(path, { csrf: "" })).status).toBe(403);
    expect((await operator.post(path, { csrf: "A".repeat(43) })).status).toBe(403);
    expect((await operator.post(path, {}, { Origin: "https://evil.example" })).status).toBe(403);
    const elsewhere = { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" };
    expect((await operator.post(path, {}, elsewhere)).status).toBe(403);
    const json = await operator.post(path, {}, { "Content-Type": "application/json" });
    expect(json.status).toBe(415);
    expect(await database.current.query(`SELECT FROM expand_contract."MigrationRun"`)).toEqual([]);
  });

  it("works at another address than SHOPIFY_APP_URL, as through a tunnel", async () => {
    const tunnel = { Origin: "http://127.0.0.1:9999", "Sec-Fetch-Site": "same-origin" };
    expect((await operator.post("/admin/runs/new", { csrf: "" }, tunnel)).headers.get("content-type")).toMatch(/html/);
    const signedIn = await submit(app.url, "/admin/login", { secret: MONITOR_SECRET, next: "/admin" }, tunnel);
    expect(signedIn.status).toBe(303);
    expect((await submit(app.url, "/auth/login", { shop: "a" }, tunnel)).status).toBe(403);
  });

  it("lets a monitor look, and touch nothing", async () => {
    const page = await monitor.page("/admin");
    expect(page).toContain("may look, not touch");
    expect(page).not.toContain("/admin/runs/new");
    const csrf = "A".repeat(43);
    const response = await submit(app.url, "/admin/runs/new", { csrf }, { Cookie: monitor.cookie });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("look, not touch");
  });

  it("signs out", async () => {
    const response = await submit(app.url, "/admin/logout", {}, { Cookie: operator.cookie });
    expect(response.headers.get("location")).toBe("/admin/login");
    expect(response.headers.getSetCookie()[0]).toMatch(/^operator_session=; .*Max-Age=0$/);
  });

  it("answers addresses that do not exist with a page", async () => {
    for (const path of ["/admin/runs/no-such-run", "/admin/runs/%F0%9F%92%A9", "/admin/runs/no-such-run/stop"]) {
      const response = await operator.get(path);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain("There is no such run");
    }
  });
});

describe("a migration", () => {
  it("is rehearsed, confirmed, watched live, and can be stopped", async () => {
    await seedPermanentShops(sandbox, database.current, "console", 40);
    expect(await operator.page("/admin")).toContain("40 permanent tokens left to migrate");

    const rehearsed = await operator.post("/admin/runs/new", { concurrency: "2" });
    expect(rehearsed.status).toBe(303);
    const rehearsal = rehearsed.headers.get("location")!;
    expect(await operator.page(rehearsal)).toContain("40 stores would be tried");

    // Without the tick nothing begins.
    const confirmation = await operator.page(`${rehearsal}/start`);
    expect(confirmation).toContain("This cannot be undone");
    expect((await operator.post(`${rehearsal}/start`)).status).toBe(422);
    expect(await database.current.query(`SELECT FROM expand_contract."MigrationRun" WHERE NOT "dryRun"`)).toEqual([]);

    const fault = await sandbox.client.faults.add({
      shop: "console-*",
      endpoint: "token",
      effect: { kind: "latency", beforeMs: 600 },
    });
    const started = await operator.post(`${rehearsal}/start`, { understood: "yes" });
    const run = started.headers.get("location")!;
    expect(run).toMatch(/^\/admin\/runs\/[\w-]+$/);

    const page = await operator.page(run);
    expect(page).toContain("At work");
    expect(page).toContain(`data-live="${run}"`);
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="5"/></noscript>');

    // Nobody reads the stream of a HEAD: there is none.
    const head = await fetch(app.url + run, {
      method: "HEAD",
      headers: { Accept: "text/event-stream", Cookie: operator.cookie },
    });
    expect(head.headers.get("content-type")).toMatch(/^text\/html/);

    // Each stream begins with how the run stands now, so that one that was cut off is made good by the next.
    for (let n = 0; n < 2; n++) {
      const stream = await operator.get(run, { Accept: "text/event-stream" });
      expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/);
      const reader = stream.body!.getReader();
      const event = new TextDecoder().decode((await reader.read()).value);
      await reader.cancel();
      const { html, ended } = JSON.parse(/^event: run\ndata: (.*)\n\n$/s.exec(event)![1]!) as {
        html: string;
        ended: boolean;
      };
      expect(ended).toBe(false);
      expect(html).toContain("At work");
    }

    expect(await operator.page(`${run}/stop`)).toContain("Stop the run?");
    expect((await operator.post(`${run}/stop`)).headers.get("location")).toBe(run);
    await sandbox.client.faults.remove(fault);
    await expect.poll(() => operator.page(run), { timeout: 20_000 }).toContain("Stopped");
    expect(await operator.page("/admin/runs")).toContain("Rehearsal");
    // A run that has ended is not stopped again.
    expect((await operator.get(`${run}/stop`)).status).toBe(404);
  });

  it("is watched by 50 of a role at once in one process, and more are asked to come again", async () => {
    await seedPermanentShops(sandbox, database.current, "watched", 4);
    const program = { Authorization: `Bearer ${app.migrationSecret}`, "Content-Type": "application/json" };
    // Waits between its waves, and so goes on as long as it is watched.
    const body = JSON.stringify({ waves: "50%,100%", pauseBetween: "confirm", waitSeconds: 0 });
    const started = await fetch(`${app.url}/admin/migrate-tokens`, { method: "POST", headers: program, body });
    const { id } = (await started.json()) as { id: string };
    const watch = (visitor: ConsoleVisitor) => visitor.get(`/admin/runs/${id}`, { Accept: "text/event-stream" });

    const streams = await Promise.all(Array.from({ length: 50 }, () => watch(monitor)));
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    const refused = await watch(monitor);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await refused.json()).toMatchObject({ code: "too_many_streams" });
    expect(await monitor.page(`/admin/runs/${id}`)).toContain("data-live");
    const ofOperator = await watch(operator);
    expect(ofOperator.status).toBe(200);

    await Promise.all([...streams, ofOperator].map((stream) => stream.body!.cancel()));
    const again = async () => {
      const stream = await watch(monitor);
      await stream.body!.cancel();
      return stream.status;
    };
    await expect.poll(again, { timeout: 15_000 }).toBe(200);
    await fetch(`${app.url}/admin/migrate-tokens/${id}`, { method: "DELETE", headers: program });
  });

  it("names each field that cannot be used, and keeps what was typed", async () => {
    const response = await operator.post("/admin/runs/new", { limit: "-1", waves: "10%,5%", shops: "<b>no shop</b>" });
    expect(response.status).toBe(422);
    const text = await response.text();
    expect(text).toContain('id="limit-problem"');
    expect(text).toContain('id="waves-problem"');
    expect(text).toContain('id="shops-problem"');
    expect(text).not.toContain("<b>no");
  });
});

it("an http address on this machine gets a cookie that it can keep", async () => {
  const local = await startTestApp({
    sandbox,
    databaseUrl: database.current.url,
    env: { SHOPIFY_APP_URL: "http://localhost:3000" },
  });
  try {
    const visitor = await signInToConsole(local, local.migrationSecret);
    expect(visitor.setCookie).not.toContain("Secure");
    expect(TEST_APP.url).toMatch(/^https:/);
    // Another secret than the one it was signed for.
    const response = await fetch(`${app.url}/admin`, {
      redirect: "manual",
      headers: { Accept: "text/html", Cookie: visitor.cookie },
    });
    expect(response.status).toBe(303);
  } finally {
    await local.stop();
  }
});
