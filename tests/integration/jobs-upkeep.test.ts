// Proves that keep-alive refreshes what grows old and nothing else, and that what is pruned or redacted is gone from every table.
import { describe, expect, it, vi } from "vitest";
import { type Jobs } from "../../app/jobs/queue/create-jobs.ts";
import { requireShopDomain } from "../../app/infra/shop-domain.ts";
import { forgetShop } from "../../app/migration/run/drop-shop-from-runs.ts";
import { namedAs, tablesWith } from "./tables-with.ts";
import { DAY_MS } from "./tokens-harness.ts";
import { shopJobsHarness, WAIT } from "./jobs-harness.ts";

const { world, instance, shopRow, parked, queued } = shopJobsHarness();

describe("keep-alive", () => {
  const SPREAD = { passSeconds: 1, beginsAfterSeconds: 0 };

  async function plan(jobs: Jobs) {
    await jobs.runNow("plan-keep-alive");
    await vi.waitFor(async () => {
      expect(await queued("plan-keep-alive")).toEqual([]);
      expect(await queued("keep-alive")).toEqual([]);
    }, WAIT);
  }

  it("refreshes what grows old and nothing else", async () => {
    const { jobs, tokens } = await instance({ spread: SPREAD });
    const old = await world.install("expiring", world.shopName());
    const used = await world.install("expiring", world.shopName());
    const dead = await world.install("expiring", world.shopName());
    await world.sandbox.client.revokeTokens(dead);
    const permanent = await world.install("permanent", world.shopName());
    await world.advance(20 * DAY_MS);
    const young = await world.install("expiring", world.shopName());
    await world.advance(21 * DAY_MS);
    await tokens.getSession(used); // a merchant was there
    await tokens.getSession(dead).catch(() => {});
    const before = (await world.sandbox.client.ledger.calls()).at(-1)?.n;

    await plan(jobs);
    const calls = await world.sandbox.client.ledger.calls({ after: before });
    expect(calls.map(({ shop, endpoint, grant }) => ({ shop, endpoint, grant }))).toEqual([
      { shop: old, endpoint: "token", grant: "refresh" },
    ]);
    await plan(jobs);
    expect(await world.sandbox.client.ledger.calls({ after: before })).toHaveLength(1);
    for (const shop of [old, used, young]) await world.expectCurrent(shop);
    expect(await world.tokenCalls(permanent)).toEqual([]);
    expect(await parked(dead)).toEqual([]);
  });

  it("looks again when its turn comes: what a request has refreshed since it was planned is left alone", async () => {
    const { jobs, tokens } = await instance({ spread: SPREAD, start: false });
    const shop = await world.install("expiring", world.shopName());
    await world.advance(45 * DAY_MS);
    await jobs.runNow("plan-keep-alive");
    const planner = await instance({ spread: { ...SPREAD, passSeconds: 3 } });
    await vi.waitFor(async () => expect(await queued("plan-keep-alive")).toEqual([]), WAIT);
    await tokens.getSession(shop);
    await vi.waitFor(async () => expect(await queued("keep-alive")).toEqual([]), WAIT);
    await planner.jobs.stop();
    const refreshes = (await world.tokenCalls(shop)).filter(({ grant }) => grant === "refresh");
    expect(refreshes).toHaveLength(1);
  });

  it("keeps idle chains alive for a year, a bounded number at a time, with two instances", async () => {
    const spread = { ...SPREAD, perPass: 3 };
    const [first] = [await instance({ spread }), await instance({ spread })];
    const shops = await Promise.all(Array.from({ length: 5 }, () => world.install("expiring", world.shopName())));
    let mostPerPass = 0;
    for (let day = 0; day < 365; day += 20) {
      await world.advance(20 * DAY_MS);
      const before = (await world.sandbox.client.ledger.calls()).at(-1)?.n;
      await plan(first.jobs);
      const calls = await world.sandbox.client.ledger.calls({ after: before, endpoint: "token" });
      mostPerPass = Math.max(mostPerPass, calls.length);
    }
    expect(mostPerPass).toBeGreaterThan(0);
    expect(mostPerPass).toBeLessThanOrEqual(3);
    for (const shop of shops) {
      await world.expectCurrent(shop);
      const calls = (await world.tokenCalls(shop)).length;
      expect(calls).toBeGreaterThanOrEqual(4); // every 80 days at the latest
      expect(calls).toBeLessThanOrEqual(12); // every 30 at the earliest
    }
    expect(await first.jobs.health()).toMatchObject({ deadLetters: 0, parked: { needs_reauthorization: 0 } });
  }, 120_000);
});

describe("prune-history", () => {
  it("deletes what is older than a chain's 90 days, in the history and among parked jobs", async () => {
    const { jobs, tokens } = await instance();
    const shop = world.shopName();
    await world.sandbox.client.installShop(shop, { token: "none" });
    await tokens.getSession(shop, { idToken: await world.idToken(shop) });
    await vi.waitFor(async () => expect(await shopRow(shop)).toBeDefined(), WAIT);
    await world.database.query(
      `INSERT INTO expand_contract."ParkedJob" VALUES ($1, 'refresh-shop', 'needs_reauthorization', 'x', 99, now() - interval '1 day')`,
      ["gone.myshopify.com"],
    );
    await jobs.runNow("prune-history");
    await vi.waitFor(async () => expect(await queued("prune-history")).toEqual([]), WAIT);
    expect(await tokens.history(shop)).not.toEqual([]);

    await world.advance(91 * DAY_MS);
    await jobs.runNow("prune-history");
    await vi.waitFor(async () => expect(await tokens.history(shop)).toEqual([]), WAIT);
    await vi.waitFor(async () => expect(await parked("gone.myshopify.com")).toEqual([]), WAIT);
  });
});

describe("a redaction", () => {
  it("leaves the shop's name in no column of any table, and other shops alone", async () => {
    const { jobs, tokens } = await instance();
    const shop = world.shopName();
    const other = `x${shop}`;
    const query = world.database.query;
    for (const name of [shop, other]) await world.install("expiring", name);
    await jobs.stop();
    const { jobs: idle } = await instance({ start: false });
    for (const name of [shop, other]) {
      await idle.enqueue("refresh-shop", { shop: requireShopDomain(name) });
      await tokens.refresh(name);
      await query(
        `INSERT INTO expand_contract."ParkedJob" VALUES ($1, 'keep-alive', 'suspended', 'frozen', 0, now())`,
        [name],
      );
      await query(`INSERT INTO expand_contract."Shop" VALUES ($1, 'A shop', 'Basic', now())`, [name]);
      await query(`INSERT INTO expand_contract."UnstoredPair" (id, shop, sealed) VALUES ($1, $1, 'sealed')`, [name]);
    }
    await query(
      `INSERT INTO expand_contract."MigrationRun" (id, status, "finishedAt", options, cursor, "haltReason")
       VALUES ('run', 'halted', now(), jsonb_build_object('shops', ARRAY[$2, $1]), 'offline_' || $1, 'because of ' || $1 || ' alone')`,
      [shop, other],
    );
    await query(
      `INSERT INTO expand_contract."MigrationOutcome" ("runId", shop, outcome) SELECT 'run', unnest($1::text[]), 'failed'`,
      [[shop, other]],
    );
    await query(
      `INSERT INTO expand_contract_jobs.job (name, data, source_name, source_output)
       SELECT 'dead-letters', jsonb_build_object('shop', name), 'keep-alive', jsonb_build_object('message', 'no ' || name)
       FROM unnest($1::text[]) name`,
      [[shop, other]],
    );
    await query(
      `INSERT INTO expand_contract_jobs.job (name, source_name, source_output)
       VALUES ('dead-letters', 'plan-keep-alive', jsonb_build_object('code', 'x', 'message', $1 || ' and ' || $2))`,
      [shop, other],
    );

    await world.sandbox.client.uninstall(shop, { webhook: false });
    expect(await tokens.recordRedacted(shop)).toMatchObject({ forgotten: true });
    for (let twice = 0; twice < 2; twice++) {
      await idle.forgetShop(shop);
      await forgetShop(tokens.prisma, shop);
    }

    expect(await tablesWith(world.database, namedAs(shop))).toEqual([]);
    expect((await tablesWith(world.database, namedAs(other))).length).toBeGreaterThanOrEqual(10);
    await query(`DELETE FROM expand_contract."MigrationRun"`);
  });
});

describe("outcomes of migration runs", () => {
  it("are kept whole of the last three runs, and of older ones where no newer run met the shop", async () => {
    const { jobs } = await instance();
    const query = world.database.query;
    for (let age = 5; age >= 1; age--) {
      await query(
        `INSERT INTO expand_contract."MigrationRun" (id, status, options, "startedAt", "finishedAt")
         VALUES ('r' || $1::int, 'completed', '{}', now() - $1::int * interval '1 hour', now())`,
        [age],
      );
      await query(
        `INSERT INTO expand_contract."MigrationOutcome" ("runId", shop, outcome) VALUES ('r' || $1::int, 'each.myshopify.com', 'failed')`,
        [age],
      );
    }
    await query(
      `INSERT INTO expand_contract."MigrationOutcome" ("runId", shop, outcome) VALUES ('r5', 'once.myshopify.com', 'failed')`,
    );
    await jobs.runNow("prune-history");
    const left = () =>
      query<{ o: string }>(
        `SELECT "runId" || ' ' || split_part(shop, '.', 1) AS o FROM expand_contract."MigrationOutcome" ORDER BY 1`,
      );
    await vi.waitFor(
      async () => expect((await left()).map(({ o }) => o)).toEqual(["r1 each", "r2 each", "r3 each", "r5 once"]),
      WAIT,
    );
    await query(`DELETE FROM expand_contract."MigrationRun"`);
  });
});
