// Proves that several instances share one run, and survive each other's end.
import { describe, expect, it } from "vitest";
import { parseMigrationOptions } from "../../app/migration/index.ts";
import { migrationHarness } from "./migration-harness.ts";

const t = migrationHarness();
const slow = { endpoint: "token" as const, effect: { kind: "latency" as const, beforeMs: 100 } };

/** Process ids of the connections that listen. */
async function listening(): Promise<number[]> {
  const rows = await t.database.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  );
  return rows.map(({ pid }) => pid);
}

describe("several instances", () => {
  it("share one run, never a shop", async () => {
    const shops = await t.seed(150);
    await t.sandbox.client.faults.add(slow);
    const [one, two] = [t.instance(), t.instance()];
    two.migrations.startWorker();
    const { run } = await one.migrations.start(parseMigrationOptions({ concurrency: 5 }));
    await t.until("both are at work", async () => (await one.migrations.get(run.id))!.workers === 2);
    const done = await t.end(one.migrations, run.id);
    expect(done).toMatchObject({ status: "completed", migrated: 150, failed: 0 });
    expect(await t.migrationCalls()).toBe(150);
    await t.expectAllCurrent(shops);
  });

  it("are told when a run begins", async () => {
    const shops = await t.seed(100);
    await t.sandbox.client.faults.add(slow);
    const [one, two] = [t.instance(), t.instance({ pollMs: 1_000_000 })];
    two.migrations.startWorker();
    await t.until("the second one listens", async () => (await listening()).length === 1);
    const { run } = await one.migrations.start(parseMigrationOptions({ concurrency: 3 }));
    await t.until("both are at work", async () => (await one.migrations.get(run.id))!.workers === 2);
    expect(await t.end(one.migrations, run.id)).toMatchObject({ status: "completed", migrated: 100 });
    await t.expectAllCurrent(shops);
  });

  it("listen again after the connection that they listened on broke, until they are closed", async () => {
    const { migrations } = t.instance();
    migrations.startWorker();
    await t.until("it listens", async () => (await listening()).length === 1);
    const [pid] = await listening();
    await t.database.query(`SELECT pg_terminate_backend($1)`, [pid]);
    await t.until("it listens again", async () => (await listening()).some((other) => other !== pid));
    await migrations.close();
    await t.until("it listens no more", async () => (await listening()).length === 0);
  });

  it("go through waves together", async () => {
    const shops = await t.seed(120);
    await t.sandbox.client.faults.add(slow);
    const [one, two] = [t.instance(), t.instance()];
    two.migrations.startWorker();
    const { run } = await one.migrations.start(parseMigrationOptions({ concurrency: 3, waves: "20%,60%,100%" }));
    const done = await t.end(one.migrations, run.id, 25);
    expect(done).toMatchObject({ status: "completed", migrated: 120, wave: { number: 3, of: 3, percent: 100 } });
    await t.expectAllCurrent(shops);
  }, 40_000);

  it("stop together", async () => {
    await t.seed(300);
    await t.sandbox.client.faults.add(slow);
    const [one, two] = [t.instance(), t.instance()];
    two.migrations.startWorker();
    const { run } = await one.migrations.start(parseMigrationOptions({ concurrency: 3 }));
    await t.until("both are at work", async () => (await one.migrations.get(run.id))!.workers === 2);
    await t.until("some shops are migrated", async () => (await one.migrations.get(run.id))!.migrated > 10);
    await two.migrations.requestStop(run.id);
    const stopped = await t.end(one.migrations, run.id);
    expect(stopped.status).toBe("stopped");
    expect((await t.outcomes(run.id)).map((o) => o.outcome)).toEqual(Array(stopped.migrated).fill("migrated"));
    expect(await t.migrationCalls()).toBe(stopped.migrated);
  });

  it("go on when one leaves in order, and find nothing of it left lying", async () => {
    const shops = await t.seed(150);
    await t.sandbox.client.faults.add(slow);
    const [one, two] = [t.instance(), t.instance()];
    const { run } = await one.migrations.start(parseMigrationOptions({ concurrency: 5 }));
    await t.until("some shops are migrated", async () => (await one.migrations.get(run.id))!.migrated > 10);
    await one.migrations.close();
    expect((await two.migrations.get(run.id))!).toMatchObject({ status: "running", workers: 0 });
    two.migrations.startWorker();
    const done = await t.end(two.migrations, run.id);
    expect(done).toMatchObject({ status: "completed", total: 150, migrated: 150, skipped: 0 });
    await t.expectAllCurrent(shops);
  });

  it("take over the shops of one that vanished, and what it had migrated counts as migrated", async () => {
    const shops = await t.seed(40);
    const [dead, one] = [t.instance(), t.instance()];
    // A worker that claimed everything, migrated some, and was heard of last a while ago.
    await t.database.query(
      `INSERT INTO expand_contract."MigrationRun" (id, status, options, drained, taken, cursor) VALUES ('run', 'running', $1, true, 40, 'z')`,
      [JSON.stringify(parseMigrationOptions({}))],
    );
    await t.database.query(
      `INSERT INTO expand_contract."MigrationWorker" ("runId", id, "seenAt") VALUES ('run', 'dead', now() - interval '1 hour')`,
    );
    await t.database.query(
      `INSERT INTO expand_contract."MigrationOutcome" ("runId", shop, outcome, "claimedBy") SELECT 'run', shop, 'claimed', 'dead' FROM "Session"`,
    );
    for (const shop of shops.slice(0, 15)) await dead.tokens.migrate(shop);
    one.migrations.startWorker();
    const run = await t.end(one.migrations, "run");
    expect(run).toMatchObject({ status: "completed", total: 40, migrated: 40, skipped: 0, permanentTokens: 0 });
    expect((await t.outcomes("run")).filter((o) => o.code === "migrated_before_interruption").length).toBe(15);
    await t.expectAllCurrent(shops);
  });

  it("join again at once when they were taken for dead, though nobody looks for work", async () => {
    const shops = await t.seed(150);
    await t.sandbox.client.faults.add(slow);
    const { migrations } = t.instance();
    const { run } = await migrations.start(parseMigrationOptions({ concurrency: 5 }));
    await t.until("some shops are migrated", async () => (await migrations.get(run.id))!.migrated > 10);
    // As an instance does that leads the run and has not heard of this one.
    await t.database.query(
      `UPDATE expand_contract."MigrationOutcome" SET outcome = 'waiting', "retryAt" = now(), "claimedBy" = NULL, code = 'interrupted'
       WHERE outcome = 'claimed'`,
    );
    await t.database.query(`DELETE FROM expand_contract."MigrationWorker"`);
    expect(await t.end(migrations, run.id)).toMatchObject({ status: "completed", total: 150, migrated: 150 });
    await t.expectAllCurrent(shops);
  });

  it("that lead never take themselves for dead, however slow they are", async () => {
    const { takeOverFromDead } = await import("../../app/migration/worker/heartbeat.ts");
    const { db } = t.instance();
    await t.database.query(
      `INSERT INTO expand_contract."MigrationRun" (id, status, options) VALUES ('run', 'running', '{}')`,
    );
    for (const worker of ["slow", "dead"]) {
      await t.database.query(
        `INSERT INTO expand_contract."MigrationWorker" ("runId", id, "seenAt") VALUES ('run', $1, now() - interval '1 hour')`,
        [worker],
      );
      await t.database.query(
        `INSERT INTO expand_contract."MigrationOutcome" ("runId", shop, outcome, "claimedBy") VALUES ('run', $1, 'claimed', $1)`,
        [worker],
      );
    }
    expect(await takeOverFromDead({ db, runId: "run", worker: "slow", deadAfterMs: 1_000 })).toBe(1);
    expect(await t.database.query(`SELECT id FROM expand_contract."MigrationWorker"`)).toEqual([{ id: "slow" }]);
    expect(await t.outcomes("run")).toMatchObject([
      { shop: "dead", outcome: "waiting" },
      { shop: "slow", outcome: "claimed" },
    ]);
  });

  it("record no outcome of a shop that was taken from them", async () => {
    const { db } = t.instance();
    const { recordOutcomes } = await import("../../app/migration/worker/record-outcomes.ts");
    const run = { db, runId: "run", deadAfterMs: 1_000 };
    await t.database.query(
      `INSERT INTO expand_contract."MigrationRun" (id, status, options) VALUES ('run', 'running', $1)`,
      [JSON.stringify(parseMigrationOptions({}))],
    );
    await t.database.query(
      `INSERT INTO expand_contract."MigrationOutcome" ("runId", shop, outcome, "claimedBy") VALUES ('run', 'a.myshopify.com', 'claimed', 'new')`,
    );
    const ended = {
      shop: "a.myshopify.com",
      outcome: "failed",
      code: "x",
      message: "x",
      attempts: 1,
      retryable: false,
    };
    await recordOutcomes({ ...run, worker: "old" }, [ended]);
    expect(await t.outcomes("run")).toMatchObject([{ outcome: "claimed" }]);
    expect(await t.database.query(`SELECT * FROM expand_contract."MigrationTally"`)).toEqual([]);
    await recordOutcomes({ ...run, worker: "new" }, [ended]);
    await recordOutcomes({ ...run, worker: "new" }, [ended]);
    expect(await t.outcomes("run")).toMatchObject([{ outcome: "failed" }]);
    expect(await t.database.query(`SELECT shops FROM expand_contract."MigrationTally"`)).toEqual([{ shops: 1 }]);
  });

  it("survive their database connections being cut", async () => {
    const shops = await t.seed(120);
    await t.sandbox.client.faults.add(slow);
    const { migrations } = t.instance();
    const { run } = await migrations.start(parseMigrationOptions({ concurrency: 5 }));
    for (const atLeast of [10, 40]) {
      await t.until(
        "some shops are migrated",
        async () =>
          (
            await t.database.query<{ n: number }>(
              `SELECT count(*)::int AS n FROM expand_contract."MigrationOutcome" WHERE outcome = 'migrated'`,
            )
          )[0]!.n >= atLeast,
      );
      await t.database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
    }
    const done = await t.end(migrations, run.id, 50);
    expect(done).toMatchObject({ status: "completed", migrated: 120, failed: 0, permanentTokens: 0 });
    await t.expectAllCurrent(shops);
  }, 70_000);
});
