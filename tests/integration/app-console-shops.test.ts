// Proves the console's list of shops (search, each state and outcome, pages, CSV, JSON), one shop's page with its actions, and background work.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { signInToConsole, type ConsoleVisitor } from "../support/console-visitor.ts";
import { testDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";
import { seedPermanentShops, startTokens } from "./cli-harness.ts";

const DAY_MS = 86_400_000;
const database = testDatabase();
let sandbox: Sandbox;
let app: TestApp;
let operator: ConsoleVisitor;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  app = await startTestApp({ sandbox, databaseUrl: database.current.url, phase: "expand" });
  operator = await signInToConsole(app, app.migrationSecret);
  await seedPermanentShops(sandbox, database.current, "perm", 60);
  for (const name of ["pair-a", "pair-b"]) await seedPair(`${name}.myshopify.com`);
  await seedMarked();
});
afterAll(async () => {
  await app?.expectNoSecrets();
  await app?.stop();
  await sandbox?.close();
});

async function seedPair(shop: string): Promise<void> {
  const pair = await sandbox.client.installShop(shop, { token: "expiring" });
  await database.current.query(
    `INSERT INTO "Session" ("id", "shop", "state", "scope", "accessToken", "expires", "refreshToken", "refreshTokenExpires")
     VALUES ('offline_' || $1, $1, '', 'read_products', $2, $3, $4, $5)`,
    [shop, pair.accessToken, new Date(Date.now() + 3_600_000), pair.refreshToken, new Date(Date.now() + 90 * DAY_MS)],
  );
}

/** Rows in every other state; none of their tokens opens anything. */
async function seedMarked(): Promise<void> {
  const { query } = database.current;
  const row = (id: string, shop: string, accessToken: string) =>
    query(`INSERT INTO "Session" ("id", "shop", "state", "accessToken") VALUES ($1, $2, '', $3)`, [
      id,
      shop,
      accessToken,
    ]);
  await row("offline_dead.myshopify.com", "dead.myshopify.com", "dead-token");
  await query(
    `INSERT INTO expand_contract."ShopToken" ("shop", "needsReauthAt", "needsReauthWhy", "needsReauthToken")
     VALUES ('dead.myshopify.com', now(), 'permanent_token_spent', left(encode(sha256('dead-token'), 'hex'), 32))`,
  );
  await row("offline_cold.myshopify.com", "cold.myshopify.com", "cold-token");
  await query(
    `INSERT INTO expand_contract."ShopToken" ("shop", "suspendedAt", "suspendedWhy") VALUES ('cold.myshopify.com', now(), 'frozen')`,
  );
  await query(
    `INSERT INTO expand_contract."Shop" ("shop", "name", "plan", "fetchedAt") VALUES ('cold.myshopify.com', 'Cold & Co', 'Basic', now())`,
  );
  await query(`INSERT INTO expand_contract."ShopToken" ("shop", "uninstalledAt") VALUES ('gone.myshopify.com', now())`);
  await row("another-program", '=cmd|"x"', "foreign-token");
  await row("offline_empty.myshopify.com", "empty.myshopify.com", "");
}

interface List {
  shops: { shop: string; state: string; reason: string | null; outcome: string | null; chainEnds: string | null }[];
  next: string | null;
}
const json = async (path: string): Promise<List> => {
  const response = await fetch(app.url + path, { headers: { Authorization: `Bearer ${app.migrationSecret}` } });
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as List;
};
const shopsOf = async (path: string) => (await json(path)).shops.map(({ shop }) => shop);

describe("the list", () => {
  it.each([
    ["expiring", ["pair-a.myshopify.com", "pair-b.myshopify.com"]],
    ["needs_reauthorization", ["dead.myshopify.com"]],
    ["paused", ["cold.myshopify.com"]],
    ["uninstalled", ["gone.myshopify.com"]],
    ["unserved", ['=cmd|"x"', "cold.myshopify.com", "dead.myshopify.com"]],
  ])("state %s", async (state, shops) => {
    expect((await shopsOf(`/admin/shops?state=${state}`)).sort()).toEqual(shops);
  });

  it("walks through all pages without a gap or a repeat, in one order", async () => {
    const seen: string[] = [];
    let [after, pages] = ["", 0];
    do {
      const { shops, next } = await json(`/admin/shops?limit=25${after && `&after=${after}`}`);
      seen.push(...shops.map(({ shop }) => shop));
      after = next ?? "";
      pages++;
    } while (after);
    // Every offline row, the foreign one too.
    expect(seen).toHaveLength(66);
    expect(new Set(seen).size).toBe(66);
    expect(seen).toEqual([...seen].sort());
    expect(pages).toBe(3);
  });

  it.each(["permanent", "expiring", "paused", "needs_reauthorization", "uninstalled", "unserved"])(
    "pages of one by %s give what one page gives",
    async (state) => {
      const all = (await shopsOf(`/admin/shops?state=${state}&limit=200`)).slice(0, 5);
      const one: string[] = [];
      let after: string | null = "";
      while (after !== null && one.length < all.length) {
        const page: List = await json(`/admin/shops?state=${state}&limit=1${after && `&after=${after}`}`);
        one.push(...page.shops.map(({ shop }) => shop));
        after = page.next;
      }
      expect(one).toEqual(all);
    },
  );

  it("finds by the beginning of a name, whatever was pasted, and within a state", async () => {
    expect(await shopsOf("/admin/shops?search=pair")).toEqual(["pair-a.myshopify.com", "pair-b.myshopify.com"]);
    expect(await shopsOf("/admin/shops?search=PAIR-B")).toEqual(["pair-b.myshopify.com"]);
    expect(await shopsOf("/admin/shops?search=p&state=expiring")).toHaveLength(2);
    const link = encodeURIComponent("https://admin.shopify.com/store/pair-a/apps");
    const response = await operator.get(`/admin/shops?search=${link}`);
    expect(response.headers.get("location")).toBe("/admin/shops/pair-a.myshopify.com");
  });

  it("refuses what cannot be looked for, and takes a cursor of another list for none", async () => {
    for (const query of ["state=x", "outcome=x", "run=%20%27", "search=%3Cscript%3E", "after=%25", "after=e30"]) {
      const response = await operator.get(`/admin/shops?${query}`);
      expect(response.status, query).toBe(422);
      expect(await response.text()).toContain("That cannot be looked for");
    }
    for (const key of ["no time", "Foo 1", "99999", "12/13", "2026-02-30 00:00:00+00", "-000001-01-01T00:00:00Z"]) {
      const after = Buffer.from(JSON.stringify([key, "x"])).toString("base64url");
      expect(await shopsOf(`/admin/shops?state=paused&after=${after}`), key).toEqual(["cold.myshopify.com"]);
      for (const state of ["expiring", "needs_reauthorization", "uninstalled", "permanent"])
        await shopsOf(`/admin/shops?state=${state}&after=${after}`);
    }
  });

  it("is shown as a page that names no token", async () => {
    const page = await operator.page("/admin/shops");
    expect(page).toContain('href="/admin/shops/dead.myshopify.com"');
    expect(page).toContain('rel="next"');
    expect(page).not.toMatch(/dead-token|cold-token|foreign-token/);
    // A row that is no shop's has no page.
    expect(page).not.toContain('href="/admin/shops/%3Dcmd');
  });

  it("is downloaded as CSV that no spreadsheet runs", async () => {
    const response = await operator.get("/admin/shops/export?state=unserved");
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="shops-unserved.csv"');
    const lines = (await response.text()).trimEnd().split("\r\n");
    expect(lines[0]).toBe("shop,state,reason,chainEnds,outcome,code");
    expect(lines).toHaveLength(4);
    expect(lines.some((line) => line.startsWith(`"'=cmd|""x""",foreign,foreign_session`))).toBe(true);
    const all = await (await operator.get("/admin/shops/export")).text();
    expect(all.trimEnd().split("\r\n")).toHaveLength(67);
  });

  it("needs the secret, or a session", async () => {
    for (const path of ["/admin/shops", "/admin/shops/pair-a.myshopify.com", "/admin/shops/export", "/admin/jobs"]) {
      expect((await fetch(app.url + path)).status).toBe(401);
      const browser = await fetch(app.url + path, { redirect: "manual", headers: { Accept: "text/html" } });
      expect(browser.status).toBe(303);
    }
  });
});

describe("one shop", () => {
  it("says why it works or does not, and what happens next", async () => {
    const dead = await operator.page("/admin/shops/dead.myshopify.com");
    expect(dead).toContain("Needs its merchant");
    expect(dead).toContain("Shopify does not know this token any more");
    expect(dead).toContain("the work waits until the merchant opens the app");
    const cold = await operator.page("/admin/shops/cold.myshopify.com");
    expect(cold).toContain("Shopify has frozen it");
    expect(cold).toContain("hours");
    expect(cold).toMatch(/Cold &amp; Co.*Basic/);
    expect(await operator.page("/admin/shops/gone.myshopify.com")).toContain("Uninstalled");
    const unknown = await operator.get("/admin/shops/never-heard-of.myshopify.com");
    expect(unknown.status).toBe(404);
    expect((await operator.get("/admin/shops/no%20shop")).status).toBe(404);
  });

  it("is refreshed on demand", async () => {
    const path = "/admin/shops/pair-a.myshopify.com";
    const response = await operator.post(path, { do: "refresh" });
    expect(response.headers.get("location")).toBe(`${path}?did=refresh&code=refreshed`);
    expect(await operator.page(response.headers.get("location")!)).toContain("The token was refreshed");
    const history = await operator.page(path);
    expect(history).toContain("Refreshed");
    // What does not fit its state is not done.
    expect((await operator.post(path, { do: "migrate" })).status).toBe(409);
    expect((await operator.post(path, { do: "" })).status).toBe(409);
  });

  it("is migrated once it has been confirmed", async () => {
    const path = "/admin/shops/perm-0.myshopify.com";
    expect(await operator.page(`${path}/migrate`)).toContain("This cannot be undone");
    await operator.post(`${path}/migrate`);
    expect(await shopsOf("/admin/shops?search=perm-0&state=permanent")).toHaveLength(1);
    const response = await operator.post(`${path}/migrate`, { understood: "yes" });
    expect(response.headers.get("location")).toBe(`${path}?did=migrate&code=verified`);
    expect((await json("/admin/shops?search=perm-0")).shops[0]).toMatchObject({ state: "expiring" });
    expect(await operator.page(path)).toContain("Permanent token exchanged");
  });

  it("says in words what Shopify refused", async () => {
    const path = "/admin/shops/pair-b.myshopify.com";
    await sandbox.client.uninstall("pair-b.myshopify.com", { webhook: false });
    const response = await operator.post(path, { do: "refresh" });
    expect(response.status).toBe(303);
    expect(await operator.page(response.headers.get("location")!)).toContain("notice bad");
  });

  it("is described to programs", async () => {
    const response = await fetch(`${app.url}/admin/shops/cold.myshopify.com`, {
      headers: { Authorization: `Bearer ${app.migrationSecret}` },
    });
    const facts = (await response.json()) as Record<string, unknown>;
    expect(facts).toMatchObject({ shop: "cold.myshopify.com", state: "paused", reason: "frozen", answerLostAt: null });
    expect(facts).toMatchObject({ name: "Cold & Co", plan: "Basic" });
    expect(Array.isArray(facts.next)).toBe(true);
    expect(JSON.stringify(facts)).not.toContain("cold-token");
  });
});

describe("outcomes", () => {
  it("are listed by run, and lead to the shop", async () => {
    const run = { shops: ["perm-1.myshopify.com", "dead.myshopify.com"], waitSeconds: 30 };
    const response = await fetch(`${app.url}/admin/migrate-tokens`, {
      method: "POST",
      headers: { Authorization: `Bearer ${app.migrationSecret}` },
      body: JSON.stringify(run),
    });
    expect(response.status).toBe(200);
    expect(await shopsOf("/admin/shops?outcome=migrated")).toEqual(["perm-1.myshopify.com"]);
    const { shops } = await json("/admin/shops?outcome=needs_reauthorization");
    expect(shops).toMatchObject([{ shop: "dead.myshopify.com", outcome: "needs_reauthorization" }]);
    expect(await shopsOf("/admin/shops?outcome=migrated&state=paused")).toEqual([]);
    expect(await operator.page("/admin/shops/dead.myshopify.com")).toContain("In a run: needs its merchant");
  });
});

describe("the command line", () => {
  const tokens = (...args: string[]) =>
    startTokens([...args, "--url", app.url], { MIGRATION_SECRET: app.migrationSecret }).ended;

  it("lists shops for people, programs and spreadsheets", async () => {
    const [people, programs, csv] = await Promise.all([
      tokens("shops", "--state", "paused"),
      tokens("shops", "--search", "perm-", "--limit", "3", "--json"),
      tokens("shops", "--state", "unserved", "--csv"),
    ]);
    expect(people.out).toMatch(/^cold\.myshopify\.com +paused \(frozen/);
    const lines = programs.out.trim().split("\n");
    expect(lines).toHaveLength(3);
    expect(Object.keys(JSON.parse(lines[0]!) as object).sort()).toEqual(
      ["chainEnds", "code", "outcome", "reason", "shop", "state"].sort(),
    );
    expect(programs.err).toContain("raise --limit");
    expect(csv.out).toContain(`"'=cmd|""x"""`);
    expect([people.code, programs.code, csv.code]).toEqual([0, 0, 0]);
  });

  it("says why a shop does not work", async () => {
    const said = await tokens("shop", "dead.myshopify.com");
    expect(said.code).toBe(0);
    expect(said.out).toContain("dead.myshopify.com: needs_reauthorization (permanent_token_spent)");
    expect(said.out).toContain("the work waits until the merchant opens the app");
    const unknown = await tokens("shop", "never-heard-of.myshopify.com");
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain("Nothing is stored of such a shop");
  });

  it.each(["state", "outcome"])("names what --%s may be", async (option) => {
    const said = await tokens("shops", `--${option}`, "odd");
    expect(said.code).toBe(2);
    expect(said.err).toContain(`${option} must be one of`);
  });
});

describe("background work", () => {
  it("shows what is parked, and releases what is due", async () => {
    await database.current.query(
      `INSERT INTO expand_contract."ParkedJob" ("shop", "job", "reason", "code", "generation")
       VALUES ('dead.myshopify.com', 'refresh-shop', 'needs_reauthorization', 'permanent_token_spent', 9)`,
    );
    const page = await operator.page("/admin/jobs");
    expect(page).toContain("refresh-shop");
    expect(page).toContain("Nothing. What fails five times is listed here.");
    for (const action of ["release", "retry", "reconcile"]) {
      const response = await operator.post("/admin/jobs", { do: action });
      expect(response.headers.get("location")).toBe(`/admin/jobs?did=${action}`);
    }
    expect((await operator.post("/admin/jobs", { do: "x" })).status).toBe(422);
  });
});

it("a text of Shopify's or a merchant's cannot steer what a page shows", async () => {
  const shop = "pair-b.myshopify.com";
  const steering = "</td><script>alert(1)</script>\u001b[2J\u202egnp.exe";
  await database.current.query(`UPDATE "Session" SET "scope" = $1 WHERE "shop" = $2`, [steering, shop]);
  await database.current.query(
    `INSERT INTO expand_contract."TokenEvent" ("shop", "at", "kind", "generation", "detail") VALUES ($1, now(), 'reauth_needed', 0, $2)`,
    [shop, steering],
  );
  const page = await operator.page(`/admin/shops/${shop}`);
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;\u241b[2J\\u202egnp.exe");
  expect(page).not.toMatch(/<script>alert|\u001b|\u202e/);
});
