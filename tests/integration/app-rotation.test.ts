// Proves an operator's way through a rotation of the client secret on the built app: repinned by a command, said everywhere, and no webhook lost.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { testDatabase } from "../support/postgres.ts";
import { signInToConsole } from "../support/console-visitor.ts";
import { startTestSandbox, TEST_APP } from "../support/sandbox.ts";
import { seedPermanentShops, startTokens } from "./cli-harness.ts";

const SECRET = randomBytes(32).toString("hex");
const SHOPS = 30;
const database = testDatabase();
let sandbox: Sandbox;
let app: TestApp | undefined;

beforeAll(async () => {
  sandbox = await startTestSandbox({ app: { tomlPath: "shopify.app.toml" } });
  await seedPermanentShops(sandbox, database.current, "rotation", SHOPS);
});
afterAll(async () => {
  await app?.expectNoSecrets();
  await app?.stop();
  await sandbox?.close();
});

async function restart(env: Record<string, string | undefined> = {}): Promise<TestApp> {
  await app?.stop();
  app = await startTestApp({ sandbox, databaseUrl: database.current.url, env: { MIGRATION_SECRET: SECRET, ...env } });
  await sandbox.client.app({ deliverTo: app.url });
  return app;
}

const tokens = (...args: string[]) => startTokens(args, { MIGRATION_SECRET: SECRET, APP_URL: app?.url }).ended;
const call = (path: string, init: RequestInit = {}) =>
  fetch(app!.url + path, { ...init, headers: { Authorization: `Bearer ${SECRET}` } });
const post = (body: unknown) => call("/admin/client-secret", { method: "POST", body: JSON.stringify(body) });
const refreshes = async () => (await sandbox.client.ledger.calls({ grant: "refresh" })).length;
const rows = () =>
  database.current.query<{ shop: string; accessToken: string; refreshToken: string | null }>(
    `SELECT shop, "accessToken", "refreshToken" FROM "Session" WHERE NOT "isOnline" ORDER BY id`,
  );

// One after the other, as an operator goes through them.
describe("a rotation", { timeout: 90_000 }, () => {
  let next: string;

  it("is not spoken of while there is none", async () => {
    await restart();
    expect((await tokens("migrate", "--verify", "none")).code).toBe(0);
    expect((await tokens("doctor")).out).not.toMatch(/client secret/);
    const said = await tokens("repin");
    expect(said).toMatchObject({ code: 0 });
    expect(said.out).toMatch(/✓ No chain depends on an earlier client secret/);
    expect(await refreshes()).toBe(0);
  });

  it("with both secrets set, every chain counts as pinned, and it is said everywhere", async () => {
    next = (await sandbox.client.rotateSecret()).secret;
    await restart({ SHOPIFY_API_SECRET: next, SHOPIFY_API_SECRET_PREVIOUS: TEST_APP.clientSecret });
    const doctor = await tokens("doctor");
    expect(doctor.out).toMatch(
      /! the previous client secret may not be revoked: 30 chains still pinned: 30 made with the previous/,
    );
    expect((await tokens("status")).out).toMatch(/30 {2}still pinned to an earlier client secret/);
    expect(await (await call("/metrics")).text()).toMatch(
      /client_secret_rotating 1\n[\s\S]*client_secret_chains\{made_with="previous"\} 30/,
    );
    const page = await (await signInToConsole(app!, SECRET)).page("/admin");
    expect(page).toMatch(/Client secret[\s\S]*30 still pinned[\s\S]*may not be revoked yet[\s\S]*repin/);
    const plan = await tokens("repin", "--dry-run");
    expect(plan.code).toBe(1);
    expect(plan.out).toMatch(
      /30 of 30 chains still pinned:\n {4}rotation-0\.myshopify\.com {2}made with the previous secret/,
    );
    expect(plan.out).toMatch(/✗ An earlier client secret may not be revoked/);
    expect(await (await call("/admin/client-secret")).json()).toMatchObject({
      clientSecret: { rotating: true, chains: SHOPS, pinned: SHOPS, mayRevoke: false, shops: [] },
    });
    expect(await refreshes()).toBe(0);
  });

  it("refuses what cannot be done, in words", async () => {
    for (const body of [
      { ratePerSecond: 0 },
      { ratePerSecond: 1e9 },
      { after: 7 },
      { dryRun: "yes" },
      [1],
      "x",
      { after: "x".repeat(300) },
      { after: "\0" },
    ]) {
      const response = await post(body);
      expect(response.status, JSON.stringify(body)).toBe(422);
    }
    expect((await call("/admin/client-secret", { method: "DELETE" })).status).toBe(405);
    expect(await refreshes()).toBe(0);
  });

  it("repin refreshes each chain once at the rate that was asked for, in parts that may be cut off", async () => {
    const before = await refreshes();
    const cut = startTokens(["repin", "--rate", "5"], { MIGRATION_SECRET: SECRET, APP_URL: app!.url });
    await cut.saw(/\d+ chains refreshed, \d+ of 30 still pinned/);
    cut.interrupt();
    expect((await cut.ended).code).toBe(130);
    expect(await refreshes()).toBeLessThan(SHOPS + before);
    const said = await tokens("repin");
    expect(said, said.out + said.err).toMatchObject({ code: 0 });
    expect(said.out).toMatch(/✓ The previous client secret may be revoked in the Dev Dashboard/);
    expect(await refreshes()).toBe(SHOPS + before);
    expect((await tokens("repin", "--json")).out).toContain('"mayRevoke":true');
    expect(await refreshes()).toBe(SHOPS + before);
    expect((await tokens("doctor")).out).toMatch(
      /! all 30 chains made with the new client secret: revoke the previous one/,
    );
  });

  it("a webhook signed with the old secret is taken before, one with the new secret after; every chain goes on", async () => {
    const scopes = () => sandbox.client.setScopes("rotation-0.myshopify.com", ["read_products"]);
    await scopes();
    await sandbox.client.revokeOldSecrets();
    await scopes();
    const delivered = await sandbox.client.webhooks.list({ shop: "rotation-0.myshopify.com" });
    expect(delivered.length).toBeGreaterThanOrEqual(2);
    for (const { attempts } of delivered) expect(attempts.at(-1)).toMatchObject({ status: 200 });
    await restart({ SHOPIFY_API_SECRET: next });
    expect(await sandbox.client.ledger.notCurrent(await rows())).toEqual([]);
    expect(await sandbox.client.ledger.orphans(await rows())).toEqual([]);
    expect((await tokens("doctor")).out).not.toMatch(/client secret/);
  });

  it("a secret that Shopify does not know is said, and no shop is marked", async () => {
    await restart({ SHOPIFY_API_SECRET: "shpss_not_known_to_shopify_0123456789", SHOPIFY_API_SECRET_PREVIOUS: next });
    const said = await tokens("repin");
    expect(said.code).toBe(2);
    expect(said.err).toMatch(/does not accept SHOPIFY_API_SECRET/);
    const marked = await database.current.query(
      `SELECT 1 FROM expand_contract."ShopToken" WHERE "needsReauthAt" IS NOT NULL OR "suspendedAt" IS NOT NULL`,
    );
    expect(marked).toEqual([]);
  });
});
