// Proves that a run can be started once and beside other work, stopped whatever its stores meet, judged in waves and watched.
import pg from "pg";
import { describe, expect, it } from "vitest";
import { rolloutPlace } from "../../app/infra/flags/rollout.ts";
import { parseMigrationOptions, type RunView } from "../../app/migration/index.ts";
import { migrationHarness } from "./migration-harness.ts";

const t = migrationHarness();
const slow = { endpoint: "token" as const, effect: { kind: "latency" as const, beforeMs: 100 } };

describe("starting", () => {
  it("never makes two runs: of many starts at once, on two instances, one starts and the others join it", async () => {
    await t.seed(20);
    await t.sandbox.client.faults.add(slow);
    const [one, two] = [t.instance(), t.instance()];
    const started = await Promise.all(
      [one, two, one, two, one].map(({ migrations }) => migrations.start(parseMigrationOptions({}))),
    );
    expect(new Set(started.map(({ run }) => run.id)).size).toBe(1);
    expect(started.filter(({ joined }) => !joined).length).toBe(1);
    const run = await t.end(two.migrations, started[0]!.run.id);
    expect(run).toMatchObject({ status: "completed", migrated: 20 });
    expect(await t.migrationCalls()).toBe(20);
  });

  it("is refused a second running run by the database itself", async () => {
    const insert = `INSERT INTO expand_contract."MigrationRun" (id, status, options) VALUES ($1, 'running', '{}')`;
    await t.database.query(insert, ["first"]);
    await expect(t.database.query(insert, ["second"])).rejects.toThrow(/MigrationRun_running_key/);
  });
});

describe("beside keep-alives", () => {
  it("exchanges each permanent token once, and every pair that is refreshed meanwhile is kept", async () => {
    const shops = await t.seed(20);
    const pairs = shops.map((shop) => `pair-${shop}`);
    await t.install(pairs.map((shop) => ({ shop, token: "expiring" as const })));
    await t.sandbox.client.faults.add({
      endpoint: "token",
      effect: { kind: "latency", beforeMs: [5, 60], afterMs: [5, 60] },
    });
    const instances = [t.instance(), t.instance()];
    const refreshed = [...pairs, ...shops].flatMap((shop) => instances.map(({ tokens }) => tokens.refresh(shop)));
    const run = await t.run(instances[0]!.migrations, { verify: "none" });
    await Promise.all(refreshed);
    expect(run).toMatchObject({ status: "completed", migrated: 20, failed: 0, needsReauth: 0, permanentTokens: 0 });
    expect(await t.migrationCalls()).toBe(20);
    await t.expectAllCurrent([...shops, ...pairs]);
  });
});

describe("stopping", () => {
  it("while stores wait for a table that is held: they are waited for, nothing more is taken, and no pair is asked for again", async () => {
    const shops = await t.seed(30);
    await t.sandbox.client.faults.add({ endpoint: "token", effect: { kind: "latency", afterMs: 100 } });
    const { migrations } = t.instance();
    const { run } = await migrations.start(parseMigrationOptions({ concurrency: 4, verify: "none" }));
    await t.until("some shops are migrated", async () => (await migrations.get(run.id))!.migrated >= 1);
    const holder = new pg.Client({ connectionString: t.database.url });
    await holder.connect();
    try {
      await holder.query(`BEGIN; LOCK TABLE "Session" IN SHARE MODE`);
      await t.until("a store waits", async () => {
        const waiting = `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '"Session"'::regclass`;
        return (await t.database.query(waiting)).length > 0;
      });
      await migrations.requestStop(run.id);
      await holder.query(`ROLLBACK`);
    } finally {
      await holder.end();
    }
    const stopped = await t.end(migrations, run.id);
    expect(stopped).toMatchObject({ status: "stopped", failed: 0, needsReauth: 0 });
    expect(stopped.remaining).toBeGreaterThan(0);
    await t.sandbox.client.faults.clear();
    expect(await t.run(migrations)).toMatchObject({ status: "completed", failed: 0, permanentTokens: 0 });
    expect(await t.migrationCalls()).toBe(shops.length);
    await t.expectAllCurrent(shops);
  });

  it("lets the calls in flight end, takes no more, and gives up what was not tried", async () => {
    const shops = await t.seed(200);
    await t.sandbox.client.faults.add(slow);
    const { migrations } = t.instance();
    const { run } = await migrations.start(parseMigrationOptions({ concurrency: 4 }));
    await t.until("some shops are migrated", async () => (await migrations.get(run.id))!.migrated >= 5);
    await migrations.requestStop(run.id);
    const stopped = await t.end(migrations, run.id);
    expect(stopped.status).toBe("stopped");
    expect(stopped.migrated).toBeGreaterThanOrEqual(5);
    expect(stopped.remaining).toBe(200 - stopped.migrated);
    expect(stopped.permanentTokens).toBe(200 - stopped.migrated);
    expect((await t.outcomes(run.id)).length).toBe(stopped.migrated);
    expect(await t.migrationCalls()).toBe(stopped.migrated);

    await t.sandbox.client.faults.clear();
    const rest = await t.run(migrations);
    expect(rest).toMatchObject({ status: "completed", total: stopped.remaining, permanentTokens: 0 });
    await t.expectAllCurrent(shops);
  });

  it("of the process waits for the calls in flight, however long they may take, and stores what they bring", async () => {
    const shops = await t.seed(3);
    await t.sandbox.client.faults.add({ endpoint: "token", effect: { kind: "latency", afterMs: 5_000 } });
    const { migrations } = t.instance();
    const { run } = await migrations.start(parseMigrationOptions({ concurrency: 3 }));
    await t.until("the calls are under way", async () => (await t.migrationCalls()) === 3);
    await migrations.close();
    expect(await t.outcomes(run.id)).toEqual(
      shops.map((shop) => expect.objectContaining({ shop, outcome: "migrated" }) as unknown),
    );
    await t.expectAllCurrent(shops);
  });

  it("is harmless for a run that has ended, and unknown runs are unknown", async () => {
    const { migrations } = t.instance();
    const run = await t.run(migrations);
    expect(await migrations.requestStop(run.id)).toMatchObject({ status: "completed" });
    expect(await migrations.requestStop("nobody")).toBeUndefined();
    expect(await migrations.get("nobody")).toBeUndefined();
  });
});

describe("waves", () => {
  it("go by stable hash, one after the other", async () => {
    const shops = await t.seed(80);
    const run = await t.run(t.instance().migrations, { waves: "10%,50%,100%" });
    expect(run).toMatchObject({
      status: "completed",
      migrated: 80,
      total: 80,
      wave: { number: 3, of: 3, percent: 100 },
    });
    const waveOf = (shop: string) => [10, 50, 100].findIndex((percent) => rolloutPlace(shop) < percent);
    const outcomes = await t.outcomes(run.id);
    expect(outcomes.map((o) => [o.shop, o.wave])).toEqual(shops.map((shop) => [shop, waveOf(shop)]));
    const { calls } = t.sandbox.client.ledger;
    const order = (await calls({ endpoint: "token" })).map((call) => waveOf(call.shop));
    expect(order).toEqual([...order].sort());
    for (const outcome of outcomes.filter((o) => o.wave === 0)) expect(outcome.code).toBe("verified");
  });

  it("halt the run when a wave is not in order, and leave the others alone", async () => {
    const shops = await t.seed(80, "wave");
    const first = shops.filter((shop) => rolloutPlace(shop) < 20);
    const dead = first.slice(0, 5);
    for (const shop of dead) await t.sandbox.client.uninstall(shop, { webhook: false });
    const run = await t.run(t.instance().migrations, { waves: "20%,100%" });
    expect(run).toMatchObject({ status: "halted", needsReauth: 5, migrated: first.length - 5 });
    expect(run.haltReason).toMatch(/^Wave 1 \(20%\): /);
    expect(run.permanentTokens).toBe(80 - first.length);
  });

  it("may end below everything", async () => {
    const shops = await t.seed(60);
    const some = shops.filter((shop) => rolloutPlace(shop) < 30).length;
    const run = await t.run(t.instance().migrations, { waves: "30%" });
    expect(run).toMatchObject({ status: "completed", total: some, migrated: some, permanentTokens: 60 - some });
  });
});

describe("watching", () => {
  it("shows the run growing, and ends with it", async () => {
    await t.seed(40);
    await t.sandbox.client.faults.add(slow);
    const { migrations } = t.instance();
    const { run } = await migrations.start(parseMigrationOptions({ concurrency: 5 }));
    const seen: RunView[] = [];
    for await (const view of migrations.watch(run.id)) seen.push(view);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen[0]?.status).toBe("running");
    expect(seen.at(-1)).toMatchObject({ status: "completed", migrated: 40 });
    const migrated = seen.map((view) => view.migrated);
    expect(migrated).toEqual([...migrated].sort((a, b) => a - b));
    for (const view of seen) {
      expect(view.migrated + view.skipped + view.failed + view.needsReauth + view.remaining).toBe(view.total);
    }
    expect(await migrations.latest()).toMatchObject({ id: run.id, status: "completed" });
  });

  it("ends when the watcher goes", async () => {
    await t.seed(400);
    await t.sandbox.client.faults.add(slow);
    const { migrations } = t.instance();
    const { run } = await migrations.start(parseMigrationOptions({ concurrency: 1 }));
    const gone = new AbortController();
    for await (const view of migrations.watch(run.id, gone.signal)) {
      expect(view.status).toBe("running");
      gone.abort();
    }
    await migrations.requestStop(run.id);
    await t.end(migrations, run.id);
  });
});
