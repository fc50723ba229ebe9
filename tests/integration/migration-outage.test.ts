// Proves that a run outlasts lost answers, an outage, a rate limit and a database that cannot be written, and that it marks no shop for them.
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../app/infra/database/open-database.ts";
import { parseMigrationOptions } from "../../app/migration/index.ts";
import { migrationHarness } from "./migration-harness.ts";

const t = migrationHarness();

describe("trouble that passes", () => {
  it("tries a shop again after lost answers, errors and half pairs; every answer it lost is found again", async () => {
    const shops = await t.seed(30);
    await t.sandbox.client.faults.add({
      endpoint: "token",
      perShop: true,
      shop: shops.filter((_, i) => i % 3 === 0),
      script: [{ kind: "lost-after-commit" }, { kind: "status", status: 520, body: "text" }],
    });
    await t.sandbox.client.faults.add({
      endpoint: "token",
      perShop: true,
      shop: shops.filter((_, i) => i % 3 === 1),
      script: [{ kind: "omit", fields: ["refresh_token"] }],
    });
    const run = await t.run(t.instance().migrations);
    expect(run).toMatchObject({ status: "completed", migrated: 30, failed: 0, needsReauth: 0, permanentTokens: 0 });
    await t.expectAllCurrent(shops);
  }, 30_000);

  it("gives a shop up after six tries, and says that it may be tried again", async () => {
    const shops = await t.seed(3);
    await t.sandbox.client.faults.add({
      endpoint: "token",
      shop: shops[1],
      effect: { kind: "omit", fields: ["expires_in"] },
    });
    const run = await t.run(t.instance({ random: () => 0 }).migrations);
    expect(run).toMatchObject({ status: "completed", migrated: 2, failed: 1, permanentTokens: 1, migratableTokens: 1 });
    expect(run.failures).toMatchObject([{ shop: shops[1], code: "missing_expires_in", attempts: 6, retryable: true }]);
    expect((await t.sandbox.client.ledger.calls({ endpoint: "token", shop: shops[1] })).length).toBe(6);
    await t.expectNobodyMarked();
  }, 30_000);

  it("meets an outage with few calls, marks nobody, and goes on by itself when it is over", async () => {
    const shops = await t.seed(150);
    const { migrations } = t.instance();
    await t.sandbox.client.faults.add({ endpoint: "token", effect: { kind: "latency", beforeMs: 50 } });
    const { run } = await migrations.start(parseMigrationOptions({}));
    await t.until("it is under way", async () => (await migrations.get(run.id))!.migrated > 20);
    const outage = await t.sandbox.client.faults.add({ effect: { kind: "status", status: 503, body: "html" } });
    await t.until("the run says so", async () => /does not answer/.test((await migrations.get(run.id))!.notice ?? ""));
    // Every 5 s in the end, after as few calls as were in flight; verifications are calls as well, and not among these.
    await t.until("it has tried again", async () => (await brokenCalls()) >= 7, 25);
    const during = (await migrations.get(run.id))!;
    expect(during).toMatchObject({ status: "running", failed: 0, needsReauth: 0 });
    await t.sandbox.client.faults.remove(outage);
    const done = await t.end(migrations, run.id, 20);
    expect(done).toMatchObject({ status: "completed", migrated: 150, failed: 0, permanentTokens: 0 });
    expect(await brokenCalls()).toBeLessThanOrEqual(30);
    await t.expectAllCurrent(shops);
  }, 60_000);

  it("keeps every Retry-After, and stays below the limit it has met", async () => {
    const shops = await t.seed(90);
    await t.sandbox.client.tokenRateLimit({ perSecond: 20, burst: 10, retryAfterSeconds: 2, per: "app" });
    const run = await t.run(t.instance({ tickMs: 100 }).migrations, { verify: "none" }, 35);
    expect(run).toMatchObject({ status: "completed", migrated: 90, failed: 0 });
    const calls = await t.sandbox.client.ledger.calls({ endpoint: "token" });
    const refused = calls.filter((call) => call.status === 429);
    expect(refused.length).toBeGreaterThan(0);
    // What had left before the answer was read arrives a little after it; nothing else does until the time is over.
    const tooEarly = calls.filter(({ startedWall }) =>
      refused.some(
        ({ endedWall, retryUntilWall }) => startedWall > endedWall! + 1_000 && startedWall < retryUntilWall! - 5,
      ),
    );
    expect(tooEarly).toEqual([]);
    await t.expectAllCurrent(shops);
  }, 45_000);
});

async function brokenCalls(): Promise<number> {
  return (await t.sandbox.client.ledger.calls({ endpoint: "token" })).filter((call) => call.status === 503).length;
}

describe("a run that its database does not let write", () => {
  it("ends with the name of the right that is missing, and goes on once it is given back", async () => {
    const shops = await t.seed(12);
    const [{ name } = { name: "" }] = await t.database.query<{ name: string }>(`SELECT current_user::text AS name`);
    await t.database.query(
      `DO $$ BEGIN CREATE ROLE bare LOGIN PASSWORD 'bare'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    await t.database
      .query(`GRANT USAGE ON SCHEMA expand_contract TO bare; GRANT SELECT, INSERT, UPDATE, DELETE ON "Session" TO bare;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA expand_contract TO bare;
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA expand_contract TO bare; REVOKE INSERT ON expand_contract."MigrationTally" FROM bare`);
    expect(name).not.toBe("bare");
    const url = new URL(t.database.url);
    [url.username, url.password] = ["bare", "bare"];
    const bare = openDatabase(url.href, { poolSize: 5 });
    try {
      const run = await t.run(t.instance({ db: bare, giveUpAfterMs: 1_000 }).migrations, {}, 30);
      expect(run.status).toBe("failed");
      expect(run.haltReason).toMatch(/"bare" lacks INSERT on expand_contract\."MigrationTally"\. GRANT INSERT ON/);
    } finally {
      await bare.close();
      await t.database.query(`DROP OWNED BY bare`);
    }
    expect(await t.run(t.instance().migrations)).toMatchObject({ status: "completed", permanentTokens: 0 });
    await t.expectAllCurrent(shops);
  }, 60_000);
});

describe("a table that would not keep a pair", () => {
  it("spends no token, says what is missing, and completes once it is mended", async () => {
    const shops = await t.seed(40);
    await t.database.query(`ALTER TABLE "Session" ADD COLUMN "updatedAt" timestamp(3) NOT NULL DEFAULT now()`);
    await t.database.query(`ALTER TABLE "Session" ALTER COLUMN "updatedAt" DROP DEFAULT`);
    const [a, b] = [t.instance(), t.instance()];
    b.migrations.startWorker();
    const run = await t.run(a.migrations);
    expect(run.status).toBe("failed");
    expect(run.haltReason).toMatch(/"updatedAt" of "Session" is NOT NULL .*no shop is at fault.*ALTER TABLE "Session"/);
    expect(run).toMatchObject({ migrated: 0, failed: 0, needsReauth: 0, failures: [] });
    expect(await t.migrationCalls()).toBe(0);

    await t.database.query(`ALTER TABLE "Session" ALTER COLUMN "updatedAt" SET DEFAULT CURRENT_TIMESTAMP`);
    expect(await t.run(a.migrations)).toMatchObject({ status: "completed", migrated: 40, permanentTokens: 0 });
    expect(await t.migrationCalls()).toBe(40);
    await t.expectAllCurrent(shops);
    await t.database.query(`ALTER TABLE "Session" DROP COLUMN "updatedAt"`);
  });
});
