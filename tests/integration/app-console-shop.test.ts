// Proves one shop's page in the console with its actions, the outcomes of runs, and background work; texts of others steer nothing there.
import { describe, expect, it } from "vitest";
import { shopsConsoleHarness } from "./console-harness.ts";

const at = shopsConsoleHarness();
const { world, json, shopsOf } = at;

describe("one shop", () => {
  it("says why it works or does not, and what happens next", async () => {
    const dead = await at.operator.page("/admin/shops/dead.myshopify.com");
    expect(dead).toContain("Needs its merchant");
    expect(dead).toContain("Shopify does not know this token any more");
    expect(dead).toContain("the work waits until the merchant opens the app");
    const cold = await at.operator.page("/admin/shops/cold.myshopify.com");
    expect(cold).toContain("Shopify has frozen it");
    expect(cold).toContain("hours");
    expect(cold).toMatch(/Cold &amp; Co.*Basic/);
    expect(await at.operator.page("/admin/shops/gone.myshopify.com")).toContain("Uninstalled");
    const unknown = await at.operator.get("/admin/shops/never-heard-of.myshopify.com");
    expect(unknown.status).toBe(404);
    expect((await at.operator.get("/admin/shops/no%20shop")).status).toBe(404);
  });

  it("is refreshed on demand", async () => {
    const path = "/admin/shops/pair-a.myshopify.com";
    const response = await at.operator.post(path, { do: "refresh" });
    expect(response.headers.get("location")).toBe(`${path}?did=refresh&code=refreshed`);
    expect(await at.operator.page(response.headers.get("location")!)).toContain("The token was refreshed");
    const history = await at.operator.page(path);
    expect(history).toContain("Refreshed");
    // What does not fit its state is not done.
    expect((await at.operator.post(path, { do: "migrate" })).status).toBe(409);
    expect((await at.operator.post(path, { do: "" })).status).toBe(409);
  });

  it("is migrated once it has been confirmed", async () => {
    const path = "/admin/shops/perm-0.myshopify.com";
    expect(await at.operator.page(`${path}/migrate`)).toContain("This cannot be undone");
    await at.operator.post(`${path}/migrate`);
    expect(await shopsOf("/admin/shops?search=perm-0&state=permanent")).toHaveLength(1);
    const response = await at.operator.post(`${path}/migrate`, { understood: "yes" });
    expect(response.headers.get("location")).toBe(`${path}?did=migrate&code=verified`);
    expect((await json("/admin/shops?search=perm-0")).shops[0]).toMatchObject({ state: "expiring" });
    expect(await at.operator.page(path)).toContain("Permanent token exchanged");
  });

  it("says in words what Shopify refused", async () => {
    const path = "/admin/shops/pair-b.myshopify.com";
    await world.sandbox.client.uninstall("pair-b.myshopify.com", { webhook: false });
    const response = await at.operator.post(path, { do: "refresh" });
    expect(response.status).toBe(303);
    expect(await at.operator.page(response.headers.get("location")!)).toContain("notice bad");
  });

  it("is described to programs", async () => {
    const response = await fetch(`${world.app.url}/admin/shops/cold.myshopify.com`, {
      headers: { Authorization: `Bearer ${world.app.migrationSecret}` },
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
    const response = await fetch(`${world.app.url}/admin/migrate-tokens`, {
      method: "POST",
      headers: { Authorization: `Bearer ${world.app.migrationSecret}` },
      body: JSON.stringify(run),
    });
    expect(response.status).toBe(200);
    expect(await shopsOf("/admin/shops?outcome=migrated")).toEqual(["perm-1.myshopify.com"]);
    const { shops } = await json("/admin/shops?outcome=needs_reauthorization");
    expect(shops).toMatchObject([{ shop: "dead.myshopify.com", outcome: "needs_reauthorization" }]);
    expect(await shopsOf("/admin/shops?outcome=migrated&state=paused")).toEqual([]);
    expect(await at.operator.page("/admin/shops/dead.myshopify.com")).toContain("In a run: needs its merchant");
  });
});

describe("background work", () => {
  it("shows what is parked, and releases what is due", async () => {
    await world.database.query(
      `INSERT INTO expand_contract."ParkedJob" ("shop", "job", "reason", "code", "generation")
       VALUES ('dead.myshopify.com', 'refresh-shop', 'needs_reauthorization', 'permanent_token_spent', 9)`,
    );
    const page = await at.operator.page("/admin/jobs");
    expect(page).toContain("refresh-shop");
    expect(page).toContain("Nothing. What fails five times is listed here.");
    for (const action of ["release", "retry", "reconcile"]) {
      const response = await at.operator.post("/admin/jobs", { do: action });
      expect(response.headers.get("location")).toBe(`/admin/jobs?did=${action}`);
    }
    expect((await at.operator.post("/admin/jobs", { do: "x" })).status).toBe(422);
  });
});

it("a text of Shopify's or a merchant's cannot steer what a page shows", async () => {
  const shop = "pair-b.myshopify.com";
  const steering = "</td><script>alert(1)</script>\u001b[2J\u202egnp.exe";
  await world.database.query(`UPDATE "Session" SET "scope" = $1 WHERE "shop" = $2`, [steering, shop]);
  await world.database.query(
    `INSERT INTO expand_contract."TokenEvent" ("shop", "at", "kind", "generation", "detail") VALUES ($1, now(), 'reauth_needed', 0, $2)`,
    [shop, steering],
  );
  const page = await at.operator.page(`/admin/shops/${shop}`);
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;\u241b[2J\\u202egnp.exe");
  expect(page).not.toMatch(/<script>alert|\u001b|\u202e/);
});
