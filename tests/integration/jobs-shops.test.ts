// Proves that background work for a shop waits for its token, and runs with a fresh one.
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { createJobs, type Jobs } from "../../app/jobs/queue/create-jobs.ts";
import { requireShopDomain } from "../../app/infra/shop-domain.ts";
import type { PrismaDatabase } from "../support/open-prisma.ts";
import { forgetShop } from "../../app/migration/run/drop-shop-from-runs.ts";
import { createLogger } from "../../app/infra/log/log.server.ts";
import { createMetrics } from "../../app/infra/metrics.server.ts";
import type { Tokens } from "../../app/tokens/index.ts";
import { everythingStoredByJobs, QUICK_TIMES } from "./jobs-harness.ts";
import { DAY_MS, tokensHarness } from "./tokens-harness.ts";

/** The app's own jobs, with real tokens: Postgres, pg-boss, and the simulator in Shopify's place. */
const world = tokensHarness();
const WAIT = { timeout: 15_000, interval: 25 };
const lines: string[] = [];
const running: Jobs[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((jobs) => jobs.stop()));
  await world.database.query(`TRUNCATE expand_contract."ParkedJob", "Session", expand_contract."ShopToken"`);
  await world.database.query(`DELETE FROM expand_contract_jobs.job`);
});

afterAll(async () => {
  expect(await world.sandbox.client.ledger.findSecrets(lines.join(""))).toEqual([]);
});

/** One process of the app with its jobs running, wired as the composition root does it. */
async function instance(options: { spread?: Parameters<typeof createJobs>[0]["spread"]; start?: boolean } = {}) {
  const tokens: Tokens & { prisma: PrismaDatabase } = world.process({
    onPairStored: (shop, how) => jobs.onPairStored(shop, how),
  });
  const metrics = createMetrics({ withDefaults: false });
  const jobs: Jobs = createJobs({
    databaseUrl: world.database.url,
    tokens,
    db: tokens.prisma,
    clock: world.now,
    log: createLogger("info", [], { write: (line) => void lines.push(line) }),
    metrics,
    times: QUICK_TIMES,
    spread: options.spread,
  });
  running.push(jobs);
  if (options.start !== false) await jobs.start();
  return { jobs, tokens, metrics };
}

async function shopRow(shop: string) {
  const [row] = await world.database.query<{ name: string; plan: string; fetchedAt: Date }>(
    `SELECT * FROM expand_contract."Shop" WHERE shop = $1`,
    [shop],
  );
  return row;
}

const parked = (shop: string) =>
  world.database.query<{ job: string; reason: string }>(`SELECT * FROM expand_contract."ParkedJob" WHERE shop = $1`, [
    shop,
  ]);

const queued = (name: string) =>
  world.database.query<{ data: { shop: string; postponed: number } }>(
    `SELECT * FROM expand_contract_jobs.job WHERE name = $1 AND state <= 'active'`,
    [name],
  );

describe("refresh-shop", () => {
  it("reads the shop's name and plan after an installation", async () => {
    const { tokens } = await instance();
    const shop = world.shopName();
    await world.sandbox.client.installShop(shop, { token: "none", name: "Kiosk am Eck", plan: "Basic" });
    await tokens.getSession(shop, { idToken: await world.idToken(shop) });
    await vi.waitFor(
      async () => expect(await shopRow(shop)).toMatchObject({ name: "Kiosk am Eck", plan: "Basic" }),
      WAIT,
    );
    await world.expectCurrent(shop);
  });

  it("waits for a shop whose chain is dead, and runs as soon as its merchant is back", async () => {
    const { jobs, tokens } = await instance();
    const shop = await world.install("expiring", world.shopName());
    await world.advance(91 * DAY_MS);
    await jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
    await vi.waitFor(async () => {
      expect(await parked(shop)).toMatchObject([{ job: "refresh-shop", reason: "needs_reauthorization" }]);
    }, WAIT);
    expect(await shopRow(shop)).toBeUndefined();
    const callsWhileDead = (await world.tokenCalls(shop)).length;

    await tokens.getSession(shop, { idToken: await world.idToken(shop) });
    await vi.waitFor(async () => expect(await shopRow(shop)).toBeDefined(), WAIT);
    await vi.waitFor(async () => expect(await parked(shop)).toEqual([]), WAIT);
    expect(await jobs.deadLetters()).toEqual([]);
    expect((await world.tokenCalls(shop)).length).toBe(callsWhileDead + 1);
  });

  it("waits as long as Shopify asks when it is throttled", async () => {
    const { jobs } = await instance();
    const shop = await world.install("expiring", world.shopName());
    await world.sandbox.client.faults.add({
      shop,
      endpoint: "graphql",
      times: 1,
      effect: { kind: "throttle", retryAfterSeconds: 6 },
    });
    await jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
    await vi.waitFor(async () => expect(await shopRow(shop)).toBeDefined(), WAIT);
    expect(await world.sandbox.client.ledger.retryAfterBroken()).toEqual([]);
    expect(await jobs.deadLetters()).toEqual([]);
  });

  it("gets through when Shopify cannot be reached for a while", async () => {
    const { jobs } = await instance();
    const shop = await world.install("expiring", world.shopName());
    await world.advance(2 * 3_600_000);
    await world.sandbox.client.faults.add({ shop, times: 12, effect: { kind: "status", status: 503, body: "html" } });
    await jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
    await vi.waitFor(async () => expect(await shopRow(shop)).toBeDefined(), WAIT);
    expect(await jobs.deadLetters()).toEqual([]);
    await world.expectCurrent(shop);
  });

  it("leaves a frozen shop alone and tries again later", async () => {
    const { jobs } = await instance();
    const shop = await world.install("expiring", world.shopName());
    await world.sandbox.client.freeze(shop);
    await jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
    await vi.waitFor(async () => expect(await parked(shop)).toMatchObject([{ reason: "suspended" }]), WAIT);
    await world.sandbox.client.reopen(shop);
    await vi.waitFor(async () => {
      await jobs.runNow("release-parked");
      expect(await shopRow(shop)).toBeDefined();
    }, WAIT);
    await world.expectCurrent(shop);
  });
});

describe("reconcile", () => {
  it("finds out what became of a lost answer, though no merchant comes by", async () => {
    const { jobs, tokens } = await instance();
    const shop = await world.install("permanent", world.shopName());
    await world.sandbox.client.faults.add({ shop, endpoint: "token", effect: { kind: "lost-after-commit" } });
    await tokens.migrate(shop, { retries: 0 });
    await world.sandbox.client.faults.clear();
    await vi.waitFor(async () => expect(await tokens.shopsToReconcile(10)).toContain(shop), WAIT);

    await jobs.runNow("reconcile-shops");
    // While it is being settled the shop is not in doubt either: its lease has a holder.
    await vi.waitFor(() => world.expectCurrent(shop), WAIT);
    await vi.waitFor(async () => expect(await tokens.shopsToReconcile(10)).not.toContain(shop), WAIT);
    expect(await jobs.deadLetters()).toEqual([]);
  });
});

describe("keep-alive", () => {
  const SPREAD = { passSeconds: 1 };

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

describe("a row that names no shop of myshopify.com", () => {
  it("stops neither keep-alive nor the look at unknown outcomes for the others, and is reported once", async () => {
    const { jobs } = await instance({ start: false });
    const [good, bad] = [world.shopName(), "under_score.myshopify.com"];
    await world.install("expiring", good);
    await world.database.query(
      `INSERT INTO "Session" (id, shop, state, "accessToken", "refreshToken", "refreshTokenExpires")
       SELECT 'offline_' || $1, $1, '', 'a', 'b', s."refreshTokenExpires" - interval '1 day' FROM "Session" s WHERE s.shop = $2`,
      [bad, good],
    );
    await world.database.query(
      `INSERT INTO expand_contract."ShopToken" (shop, "leaseOwner", "leaseExpiresAt") SELECT unnest($1::text[]), 'dead', now() - interval '1 hour'`,
      [[bad, good]],
    );
    await world.advance(45 * DAY_MS);
    lines.length = 0;
    await jobs.start();
    const done = (name: string) =>
      world.database.query(`SELECT 1 FROM expand_contract_jobs.job WHERE name = $1 AND state = 'completed'`, [name]);
    // In this order: what is reconciled has a young chain.
    for (const [plan, job] of [
      ["plan-keep-alive", "keep-alive"],
      ["reconcile-shops", "reconcile"],
    ] as const) {
      await jobs.runNow(plan);
      await vi.waitFor(async () => expect(await done(plan)).not.toEqual([]), WAIT);
      const planned = await world.database.query<{ shop: string }>(
        `SELECT data->>'shop' AS shop FROM expand_contract_jobs.job WHERE name = $1`,
        [job],
      );
      expect(planned.map(({ shop }) => shop)).toEqual([good]);
    }
    expect(lines.filter((line) => line.includes(bad))).toHaveLength(1);
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

    const tables = await query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const naming = async (pattern: string) => {
      const found: string[] = [];
      for (const { name } of tables) {
        if ((await query(`SELECT 1 FROM ${name} t WHERE t::text ~ $1 LIMIT 1`, [pattern])).length > 0) found.push(name);
      }
      return found.sort();
    };
    expect(await naming(`(^|[^a-z0-9-])${shop}`)).toEqual([]);
    expect((await naming(other)).length).toBeGreaterThanOrEqual(10);
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

describe("what the queue stores", () => {
  it("holds no token, whatever happened to the jobs", async () => {
    const { jobs, tokens } = await instance();
    const shops = await Promise.all(
      (["expiring", "permanent", "expiring"] as const).map((token) => world.install(token, world.shopName())),
    );
    await world.sandbox.client.revokeTokens(shops[2]!);
    await world.sandbox.client.faults.add({
      shop: shops[0],
      times: 2,
      effect: { kind: "status", status: 520, body: "text" },
    });
    for (const shop of shops) await jobs.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
    await vi.waitFor(async () => {
      expect(await shopRow(shops[0]!)).toBeDefined();
      expect(await shopRow(shops[1]!)).toBeDefined();
      expect(await parked(shops[2]!)).toHaveLength(1);
    }, WAIT);
    const stored = await everythingStoredByJobs(world.database);
    expect(stored).toContain(shops[0]);
    expect(await world.sandbox.client.ledger.findSecrets(stored)).toEqual([]);
    expect((await tokens.getSession(shops[0]!)).accessToken).toMatch(/^shpat_/); // there are some to find
  });
});
