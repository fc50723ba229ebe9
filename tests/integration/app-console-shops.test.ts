// Proves the console's list of shops: search, each state and outcome, pages, CSV, JSON, and the command line's.
import { describe, expect, it } from "vitest";
import { startTokens } from "./cli-harness.ts";
import { shopsConsoleHarness } from "./console-harness.ts";

const at = shopsConsoleHarness();
const { world, json, shopsOf } = at;

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
        const page: Awaited<ReturnType<typeof json>> = await json(
          `/admin/shops?state=${state}&limit=1${after && `&after=${after}`}`,
        );
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
    const response = await at.operator.get(`/admin/shops?search=${link}`);
    expect(response.headers.get("location")).toBe("/admin/shops/pair-a.myshopify.com");
  });

  it("refuses what cannot be looked for, and takes a cursor of another list for none", async () => {
    for (const query of ["state=x", "outcome=x", "run=%20%27", "search=%3Cscript%3E", "after=%25", "after=e30"]) {
      const response = await at.operator.get(`/admin/shops?${query}`);
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
    const page = await at.operator.page("/admin/shops");
    expect(page).toContain('href="/admin/shops/dead.myshopify.com"');
    expect(page).toContain('rel="next"');
    expect(page).not.toMatch(/dead-token|cold-token|foreign-token/);
    // A row that is no shop's has no page.
    expect(page).not.toContain('href="/admin/shops/%3Dcmd');
  });

  it("is downloaded as CSV that no spreadsheet runs", async () => {
    const response = await at.operator.get("/admin/shops/export?state=unserved");
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="shops-unserved.csv"');
    const lines = (await response.text()).trimEnd().split("\r\n");
    expect(lines[0]).toBe("shop,state,reason,chainEnds,outcome,code");
    expect(lines).toHaveLength(4);
    expect(lines.some((line) => line.startsWith(`"'=cmd|""x""",foreign,foreign_session`))).toBe(true);
    const all = await (await at.operator.get("/admin/shops/export")).text();
    expect(all.trimEnd().split("\r\n")).toHaveLength(67);
  });

  it("needs the secret, or a session", async () => {
    for (const path of ["/admin/shops", "/admin/shops/pair-a.myshopify.com", "/admin/shops/export", "/admin/jobs"]) {
      expect((await fetch(world.app.url + path)).status).toBe(401);
      const browser = await fetch(world.app.url + path, { redirect: "manual", headers: { Accept: "text/html" } });
      expect(browser.status).toBe(303);
    }
  });
});

describe("the command line", () => {
  const tokens = (...args: string[]) =>
    startTokens([...args, "--url", world.app.url], { MIGRATION_SECRET: world.app.migrationSecret }).ended;

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
    expect(unknown.err).toContain("knows no such shop");
  });

  it.each(["state", "outcome"])("names what --%s may be", async (option) => {
    const said = await tokens("shops", `--${option}`, "odd");
    expect(said.code).toBe(2);
    expect(said.err).toContain(`${option} must be one of`);
  });
});
