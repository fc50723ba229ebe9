// Proves how a run ends that must not go on, and that the trouble of one shop is its own.
import { describe, expect, it } from "vitest";
import {
  countTokensSinceContract,
  forgetContractStart,
  parseMigrationOptions,
  recordContractStart,
} from "../../app/migration/index.ts";
import { countRemainingTokens } from "../../app/tokens/index.ts";
import { migrationHarness } from "./migration-harness.ts";

const t = migrationHarness();
const UNKNOWN_APP = {
  endpoint: "token",
  effect: {
    kind: "status",
    status: 400,
    body: { text: '{"error":"application_cannot_be_found"}', contentType: "application/json" },
  },
} as const;

describe("a run that must not go on", () => {
  it("halts after three shops were told that Shopify does not know the app, before any is marked", async () => {
    await t.seed(50);
    const { migrations } = t.instance({ clientSecret: "shpss_00000000000000000000000000000000" });
    const run = await t.run(migrations);
    expect(run.status).toBe("halted");
    expect(run.haltReason).toMatch(/credentials/);
    expect(run).toMatchObject({
      migrated: 0,
      failed: 0,
      needsReauth: 0,
      remaining: 50,
      permanentTokens: 50,
      failures: [],
    });
    expect((await t.sandbox.client.ledger.calls({ endpoint: "token" })).length).toBe(3);
    expect(await t.outcomes(run.id)).toEqual([]);
    await t.expectNobodyMarked();
  });

  it("fails, in words, when the app itself cannot go on; the next run takes everything up", async () => {
    const shops = await t.seed(30);
    const { migrations } = t.instance({ giveUpAfterMs: 1_000 });
    await t.database.query(`ALTER TABLE expand_contract."MigrationTally" RENAME TO "MigrationTallyAway"`);
    try {
      const { run } = await migrations
        .start(parseMigrationOptions({ verify: "none" }))
        .catch(async (error: unknown) => {
          // Looking at the run needs the table, too.
          const [row] = await t.database.query<{ id: string }>(`SELECT id FROM expand_contract."MigrationRun"`);
          return row ? { run: row } : Promise.reject(error as Error);
        });
      const stored = () =>
        t.database.query(`SELECT status, "haltReason" FROM expand_contract."MigrationRun" WHERE id = $1`, [run.id]);
      await t.until("the run has failed", async () => (await stored())[0]?.status === "failed", 30);
      expect((await stored())[0]?.haltReason).toMatch(/did not pass \(DatabaseError 42P01\).*No shop is lost/);
    } finally {
      await t.database.query(`ALTER TABLE expand_contract."MigrationTallyAway" RENAME TO "MigrationTally"`);
    }
    const again = await t.run(t.instance().migrations);
    expect(again).toMatchObject({ status: "completed", failed: 0, permanentTokens: 0 });
    await t.expectAllCurrent(shops);
  }, 60_000);

  it("halts when more shops than the threshold fail for good", async () => {
    const shops = await t.seed(60);
    for (const shop of shops.slice(0, 30)) await t.sandbox.client.uninstall(shop, { webhook: false });
    const run = await t.run(t.instance().migrations, { concurrency: 2 });
    expect(run.status).toBe("halted");
    expect(run.haltReason).toMatch(/of the last \d+ shops failed for good/);
    // 10 of a window of 200 are tolerated; the 11th halts, and what was in flight by then ends.
    expect(run.needsReauth).toBeGreaterThanOrEqual(11);
    expect(run.needsReauth).toBeLessThan(16);
    expect(run.permanentTokens).toBe(60 - run.needsReauth - run.migrated);
  });

  it("goes on over dead shops when the operator allows more", async () => {
    const shops = await t.seed(40);
    for (const shop of shops.slice(0, 20)) await t.sandbox.client.uninstall(shop, { webhook: false });
    const run = await t.run(t.instance().migrations, { failureThreshold: 100 });
    expect(run).toMatchObject({ status: "completed", migrated: 20, needsReauth: 20, permanentTokens: 0 });
  });
});

describe("the trouble of one shop", () => {
  const answers = {
    "503, wait 20 s": { kind: "status", status: 503, headers: { "Retry-After": "20" } },
    "503, wait a day": { kind: "status", status: 503, headers: { "Retry-After": "86400" } },
    "429, wait a day": { kind: "status", status: 429, headers: { "Retry-After": "86400" } },
    "503": { kind: "status", status: 503 },
  } as const;

  it.each(Object.entries(answers))(
    "delays that shop alone, and the run ends: %s",
    async (name, effect) => {
      const shops = await t.seed(80);
      await t.sandbox.client.faults.add({ endpoint: "token", shop: shops.slice(0, 2), effect });
      const { migrations } = t.instance({ random: () => 0 });
      const { run } = await migrations.start(parseMigrationOptions({}));
      await t.until("the others are migrated", async () => (await migrations.get(run.id))!.migrated === 78, 15);
      // How long it is waited for is proven in judge-attempt.test.ts.
      const isWaitedFor = name === "503, wait 20 s";
      if (isWaitedFor) await migrations.requestStop(run.id);
      const done = await t.end(migrations, run.id);
      expect(done).toMatchObject({
        status: isWaitedFor ? "stopped" : "completed",
        migrated: 78,
        failed: 2,
        migratableTokens: 2,
      });
      expect(done.failures.map(({ retryable }) => retryable)).toEqual([true, true]);
      const paused = await t.database.query(
        `SELECT 1 FROM expand_contract."MigrationRun" WHERE "pausedUntil" IS NOT NULL`,
      );
      expect(paused, "nobody else waited").toEqual([]);
      await t.expectAllCurrent(shops.slice(2));
    },
    120_000,
  );

  it("of a third of all shops, asked to wait for ever, ends: the others are migrated, and each of these has its outcome", async () => {
    const shops = await t.seed(45);
    const ill = shops.filter((_, i) => i % 3 === 0);
    await t.sandbox.client.faults.add({
      endpoint: "token",
      shop: ill,
      effect: { kind: "status", status: 503, headers: { "Retry-After": "1" } },
    });
    const done = await t.run(t.instance({ random: () => 0 }).migrations, { verify: "none", failureThreshold: 100 }, 55);
    expect(done).toMatchObject({ status: "completed", migrated: 30, failed: 15, migratableTokens: 15 });
    const calls = await t.sandbox.client.ledger.calls({ endpoint: "token" });
    for (const shop of ill) expect(calls.filter((call) => call.shop === shop).length).toBeLessThanOrEqual(8);
    await t.expectAllCurrent(shops.filter((shop) => !ill.includes(shop)));
  }, 120_000);

  it("does not keep contract away: what two runs have given up counts as not served, and heals when it is", async () => {
    const shops = await t.seed(10);
    const [out] = shops;
    const effect = answers["503, wait a day"];
    await t.sandbox.client.faults.add({ id: "out", endpoint: "token", shop: out, effect });
    const { migrations, db, tokens } = t.instance({ random: () => 0 });
    // Shopify's day is over: the lease stays closed for ten minutes only.
    const reopen = () =>
      t.database.query(`UPDATE expand_contract."ShopToken" SET "leaseOwner" = NULL, "leaseExpiresAt" = NULL`);
    expect(await t.run(migrations)).toMatchObject({ status: "completed", migrated: 9, failed: 1, migratableTokens: 1 });
    expect(await countRemainingTokens({ db })).toEqual({ migratable: 1 });

    await reopen();
    const second = await t.run(migrations);
    expect(second).toMatchObject({ status: "completed", failed: 1, permanentTokens: 1, migratableTokens: 0 });
    expect(second.failures).toMatchObject([{ shop: out, retryable: true }]);
    expect(await countRemainingTokens({ db })).toEqual({ unreachable: 1 });
    expect(await migrations.leftovers(10)).toMatchObject([{ shop: out, code: "unreachable" }]);

    await reopen();
    await t.sandbox.client.faults.remove("out");
    expect(await tokens.migrate(out!)).toMatchObject({ outcome: "migrated" });
    expect(await countRemainingTokens({ db })).toEqual({});
    await t.expectAllCurrent(shops);
  }, 40_000);

  it("is no regression in contract, whatever id its row is given; a token that is stored later is one", async () => {
    const [shop] = await t.seed(1);
    await t.database.query(`UPDATE "Session" SET id = 'offline_' || upper(shop), shop = upper(shop)`);
    await t.sandbox.client.faults.add({ endpoint: "token", shop, effect: { kind: "status", status: 402 } });
    const { migrations, db } = t.instance();
    await recordContractStart(db);
    try {
      expect(await t.run(migrations)).toMatchObject({ status: "completed", permanentTokens: 1, migratableTokens: 0 });
      expect(await t.database.query(`SELECT id FROM "Session"`)).toEqual([{ id: `offline_${shop}` }]);
      expect(await countTokensSinceContract(db)).toBe(0);
      await recordContractStart(db);
      await t.database.query(`UPDATE "Session" SET "accessToken" = 'shpat_of_a_restored_backup'`);
      expect(await countTokensSinceContract(db)).toBe(1);
    } finally {
      await forgetContractStart(db);
    }
  });

  it("is told from a token that is stored later", async () => {
    const [shop] = await t.seed(1);
    await t.sandbox.client.faults.add({ endpoint: "token", shop, effect: answers["429, wait a day"] });
    const { migrations, db } = t.instance({ random: () => 0 });
    for (let run = 0; run < 2; run++) {
      await t.run(migrations);
      await t.database.query(`UPDATE expand_contract."ShopToken" SET "leaseOwner" = NULL, "leaseExpiresAt" = NULL`);
    }
    expect(await countRemainingTokens({ db })).toEqual({ unreachable: 1 });
    await t.database.query(`UPDATE "Session" SET "accessToken" = 'shpat_of_a_later_installation'`);
    expect(await countRemainingTokens({ db })).toEqual({ migratable: 1 });
  }, 40_000);

  it("is not the credentials': closed stores whose names come first, more than a page of them, neither halt a run nor keep it from ending", async () => {
    const closed = await t.seed(60, "000-closed");
    const shops = await t.seed(40);
    for (const shop of closed) await t.sandbox.client.faults.add({ ...UNKNOWN_APP, shop });
    const run = await t.run(t.instance({ random: () => 0 }).migrations, {}, 30);
    expect(run).toMatchObject({ status: "completed", migrated: 40, failed: 60 });
    expect(run.failuresByCode).toEqual({ application_cannot_be_found: 60 });
    await t.expectAllCurrent(shops);
    const again = await t.run(t.instance({ random: () => 0 }).migrations, {}, 30);
    expect(again).toMatchObject({ status: "completed", failed: 60, migratableTokens: 0 });
  }, 60_000);

  it("is the app's where no shop was served: a wrong client id halts, and no shop counts as failed", async () => {
    await t.seed(6);
    await t.sandbox.client.faults.add(UNKNOWN_APP);
    const run = await t.run(t.instance({ random: () => 0 }).migrations);
    expect(run).toMatchObject({ status: "halted", migrated: 0, failed: 0, remaining: 6 });
    expect(await t.outcomes(run.id)).toEqual([]);
    await t.expectNobodyMarked();
  }, 40_000);
});
