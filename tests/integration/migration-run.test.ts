// Proves that a run gives every shop its one outcome, and counts what is left.
import { describe, expect, it } from "vitest";
import { FlowNotReadyError, parseMigrationOptions } from "../../app/migration/index.ts";
import { migrationHarness } from "./migration-harness.ts";

const t = migrationHarness();

describe("a migration run", () => {
  it("brings every permanent shop over, proves it, and counts what is left", async () => {
    const shops = await t.seed(60);
    const { migrations } = t.instance();
    const run = await t.run(migrations);
    expect(run).toMatchObject({
      status: "completed",
      dryRun: false,
      total: 60,
      migrated: 60,
      skipped: 0,
      failed: 0,
      needsReauth: 0,
      remaining: 0,
      permanentTokens: 0,
      migratableTokens: 0,
      legacyPrefixRows: 60,
      etaSeconds: 0,
      haltReason: null,
      failures: [],
      failuresByCode: {},
    });
    expect(run.ratePerSecond).toBeGreaterThan(0);
    await t.expectAllCurrent(shops);
    expect((await t.outcomes(run.id)).map((o) => o.code)).toEqual(shops.map(() => "verified"));
  });

  it("is harmless when it runs again", async () => {
    const shops = await t.seed(5);
    const { migrations } = t.instance();
    await t.run(migrations);
    const again = await t.run(migrations);
    expect(again).toMatchObject({ status: "completed", total: 0, migrated: 0, permanentTokens: 0 });
    const named = await t.run(migrations, { shops });
    expect(named).toMatchObject({ status: "completed", total: 5, migrated: 0, skipped: 5, failed: 0 });
    expect((await t.outcomes(named.id)).map((o) => o.outcome)).toEqual(shops.map(() => "already_expiring"));
    expect(await t.migrationCalls()).toBe(5);
    await t.expectAllCurrent(shops);
  });

  it("ends when the last outcome is stored, not with a later look at the run", async () => {
    const shops = await t.seed(30);
    const run = await t.run(t.instance({ tickMs: 60_000, deadAfterMs: 600_000 }).migrations);
    expect(run).toMatchObject({ status: "completed", migrated: 30 });
    await t.expectAllCurrent(shops);
  });

  it("has nothing to do in an empty database", async () => {
    expect(await t.run(t.instance().migrations)).toMatchObject({ status: "completed", total: 0, permanentTokens: 0 });
  });

  it("gives each awkward shop its one outcome, in words", async () => {
    const plain = await t.seed(3);
    await t.install([
      { shop: "uninstalled.myshopify.com", token: "permanent" },
      { shop: "known-uninstalled.myshopify.com", token: "permanent" },
      { shop: "frozen.myshopify.com", token: "permanent" },
      { shop: "old.myshopify.com", token: "permanent", accessToken: "0123456789abcdef0123456789abcdef" },
      { shop: "pair.myshopify.com", token: "expiring" },
    ]);
    await t.rows([
      { shop: "empty.myshopify.com", accessToken: "" },
      { shop: plain[0]!, id: `${plain[0]}_1`, isOnline: true, accessToken: "shpat_online0123456789abcdef01234567" },
    ]);
    const { client } = t.sandbox;
    await client.uninstall("uninstalled.myshopify.com", { webhook: false });
    await client.uninstall("known-uninstalled.myshopify.com", { webhook: false });
    await client.freeze("frozen.myshopify.com");
    await t.database.query(
      `INSERT INTO expand_contract."ShopToken" (shop, "uninstalledAt") VALUES ('known-uninstalled.myshopify.com', now())`,
    );

    const awkward = ["uninstalled", "known-uninstalled", "frozen", "old", "pair", "empty", "unheard-of"].map(
      (name) => `${name}.myshopify.com`,
    );
    const { migrations } = t.instance();
    const run = await t.run(migrations, { shops: [...plain, ...awkward] });
    const outcomes = Object.fromEntries((await t.outcomes(run.id)).map((o) => [o.shop.split(".")[0], o.outcome]));
    expect(outcomes).toEqual({
      ...Object.fromEntries(plain.map((shop) => [shop.split(".")[0], "migrated"])),
      uninstalled: "needs_reauthorization",
      "known-uninstalled": "uninstalled",
      frozen: "suspended",
      old: "migrated",
      pair: "already_expiring",
      empty: "placeholder",
      "unheard-of": "needs_reauthorization",
    });
    expect(run).toMatchObject({
      status: "completed",
      total: 10,
      migrated: 4,
      skipped: 4,
      failed: 0,
      needsReauth: 2,
      remaining: 0,
    });
    // Only the frozen shop's token is left, and nobody could have migrated it now.
    expect(run).toMatchObject({ permanentTokens: 1, migratableTokens: 0 });
    expect(run.failures.map((failure) => [failure.shop.split(".")[0], failure.outcome])).toEqual([
      ["unheard-of", "needs_reauthorization"],
      ["uninstalled", "needs_reauthorization"],
      ["frozen", "suspended"],
      ["known-uninstalled", "uninstalled"],
    ]);
    for (const failure of run.failures) {
      expect(failure.code).toMatch(/^[a-z_]+$/);
      expect(failure.message.length).toBeGreaterThan(10);
    }
    expect(run.failures.find((failure) => failure.outcome === "suspended")?.retryable).toBe(true);
  });

  it("takes only permanent tokens from the table: no online session, no pair, no placeholder", async () => {
    await t.seed(2);
    await t.install([{ shop: "pair.myshopify.com", token: "expiring" }]);
    await t.rows([
      { shop: "empty.myshopify.com", accessToken: "" },
      { shop: "online.myshopify.com", id: "online.myshopify.com_1", isOnline: true, accessToken: "shpat_online" },
    ]);
    const run = await t.run(t.instance().migrations);
    expect(run).toMatchObject({ total: 2, migrated: 2, skipped: 0, permanentTokens: 0 });
  });

  it("leaves alone rows that are not the offline session of a shop, and says so at once", async () => {
    const [own] = await t.seed(3);
    const accessToken = "shpat_0123456789abcdef0123456789abcdef";
    await t.rows([
      { shop: "not a shop", accessToken },
      { shop: "elsewhere.myshopify.com", id: "another-program:elsewhere", accessToken },
      { shop: "elsewhere.myshopify.com", id: "one-more:elsewhere", accessToken },
      { shop: own!, id: `another-program:${own}`, accessToken },
      { shop: "", id: "of-no-shop", accessToken },
    ]);
    const run = await t.run(t.instance().migrations);
    expect(run).toMatchObject({ status: "completed", migrated: 3, failed: 5, permanentTokens: 5, migratableTokens: 0 });
    expect(run.failures).toMatchObject([
      { shop: "", code: "foreign_session" },
      { shop: "elsewhere.myshopify.com", code: "foreign_session", retryable: false, attempts: 0 },
      { shop: "elsewhere.myshopify.com (row one-more:elsewhere)", code: "foreign_session" },
      { shop: `${own} (row another-program:${own})`, code: "foreign_session", retryable: false, attempts: 0 },
      { shop: "not a shop", code: "foreign_session", retryable: false, attempts: 0 },
    ]);
    const rows = await t.database.query(`SELECT 1 FROM "Session" WHERE "accessToken" = $1`, [accessToken]);
    expect(rows.length).toBe(5);
  });

  it("passes over names that can be no shop's, and takes up one in other letters", async () => {
    const [shop] = await t.seed(1);
    const accessToken = "shpat_0123456789abcdef0123456789abcdef";
    const names = [`${"a".repeat(64)}.myshopify.com`, `${shop}.`, `-${shop}`, `${shop} `, ".myshopify.com"];
    await t.rows(names.map((name) => ({ shop: name, accessToken })));
    await t.database.query(`UPDATE "Session" SET id = upper(id), shop = upper(shop) WHERE shop = $1`, [shop]);
    await t.database.query(`UPDATE "Session" SET id = 'offline_' || shop WHERE id LIKE 'OFFLINE%'`);
    const run = await t.run(t.instance().migrations);
    expect(run).toMatchObject({ status: "completed", migrated: 1, failed: 5, permanentTokens: 5, migratableTokens: 0 });
    expect(run.failures.map(({ shop: name, code, attempts }) => [name, code, attempts])).toEqual(
      names.sort().map((name) => [name, "foreign_session", 0]),
    );
    expect((await t.sandbox.client.ledger.calls({ endpoint: "token" })).map((call) => call.shop)).toEqual([shop]);
    await t.expectAllCurrent([shop!]);
  });

  it("stops at the limit, and says what is left", async () => {
    await t.seed(12);
    const { migrations } = t.instance();
    const run = await t.run(migrations, { limit: 5 });
    expect(run).toMatchObject({
      status: "completed",
      total: 5,
      migrated: 5,
      remaining: 0,
      permanentTokens: 7,
      migratableTokens: 7,
    });
    expect(await t.migrationCalls()).toBe(5);
  });

  it("comes to its limit though the first page is taken from all over the table", async () => {
    await t.seed(60);
    const { migrations } = t.instance();
    expect(await t.run(migrations, { limit: 50 })).toMatchObject({ total: 50, migrated: 50, migratableTokens: 10 });
    expect(await t.run(migrations, { limit: 50 })).toMatchObject({ total: 10, migrated: 10, migratableTokens: 0 });
  });

  it("reports failures in pages and by code", async () => {
    const shops = await t.seed(130, "gone");
    for (const shop of shops) await t.sandbox.client.uninstall(shop, { webhook: false });
    const { migrations } = t.instance();
    const run = await t.run(migrations, { failureThreshold: 100 });
    expect(run).toMatchObject({ status: "completed", needsReauth: 130, permanentTokens: 0 });
    expect(run.failures.length).toBe(100);
    expect(Object.values(run.failuresByCode)).toEqual([130]);
    expect((await migrations.get(run.id, { failures: "all" }))?.failures.length).toBe(130);
    expect((await migrations.get(run.id, { failures: "none" }))?.failures).toEqual([]);
    const streamed = [];
    for await (const failure of migrations.failures(run.id)) streamed.push(failure.shop);
    expect(streamed).toEqual(shops);
  });

  it("is refused while token exchange is off", async () => {
    const { migrations } = t.instance({ phase: "legacy" });
    await expect(migrations.start(parseMigrationOptions({}))).rejects.toBeInstanceOf(FlowNotReadyError);
    expect(await migrations.latest()).toBeUndefined();
  });
});

describe("a dry run", () => {
  it("counts and estimates, calls nobody and changes nothing", async () => {
    await t.seed(20);
    await t.database.query(
      `INSERT INTO expand_contract."ShopToken" (shop, "suspendedAt") SELECT min(shop), now() FROM "Session"`,
    );
    const { migrations } = t.instance();
    const { run, joined } = await migrations.start(parseMigrationOptions({ dryRun: true, waves: "10%,100%" }));
    expect(joined).toBe(false);
    expect(run).toMatchObject({
      status: "completed",
      dryRun: true,
      total: 20,
      migrated: 0,
      remaining: 20,
      permanentTokens: 20,
    });
    expect(run.plan).toMatchObject({ wouldTry: 20, knownSuspended: 1, rateFrom: "assumption" });
    expect(run.plan?.waves?.map((wave) => wave.percent)).toEqual([10, 100]);
    expect(run.plan?.waves?.reduce((sum, wave) => sum + wave.shops, 0)).toBe(20);
    expect(run.etaSeconds).toBeGreaterThan(0);
    expect((await t.sandbox.client.ledger.summary()).calls).toBe(0);
    expect(await t.outcomes(run.id)).toEqual([]);
  });

  it("learns its rate from the last real run", async () => {
    await t.seed(20);
    const { migrations } = t.instance();
    await t.run(migrations);
    await t.seed(10, "next");
    const { run } = await migrations.start(parseMigrationOptions({ dryRun: true, limit: 7 }));
    expect(run).toMatchObject({ total: 7, plan: { wouldTry: 7, rateFrom: "last run" } });
  });
});
