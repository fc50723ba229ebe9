// Proves that the migration of one shop ends as what it is, with one call at most, and that what is left is counted right.
import { describe, expect, test, vi } from "vitest";
import { type Database, toDatabase } from "../../app/infra/database/database.ts";
import type { Statement } from "../../app/infra/database/queryable.ts";
import { DAY_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();

describe("migrate", () => {
  test("keeps no connection to a shop, nor does its proof: a bulk run would pile them up", async () => {
    const shop = await h.install("permanent");
    const fetching = vi.spyOn(globalThis, "fetch");
    await h.process().migrate(shop, { verify: true });
    const connections = fetching.mock.calls.map(([, init]) => new Headers(init?.headers).get("connection"));
    fetching.mockRestore();
    expect(connections).toEqual(["close", "close"]);
  });

  test("every kind of row ends as what it is", async () => {
    const tokens = h.process();
    const verified = await h.install("permanent");
    expect(await tokens.migrate(verified, { verify: true })).toMatchObject({
      outcome: "migrated",
      code: "verified",
      attempts: 1,
    });
    expect(await tokens.migrate(verified)).toMatchObject({ outcome: "already_expiring", attempts: 0 });
    expect(await tokens.migrate(h.shopName())).toMatchObject({ outcome: "needs_reauthorization", code: "no_session" });

    const hex = h.shopName();
    await h.sandbox.client.installShop(hex, { token: "permanent", accessToken: "0123456789abcdef0123456789abcdef" });
    const [custom, placeholder] = [h.shopName(), h.shopName()];
    const insert = `INSERT INTO "Session" (id, shop, state, "accessToken") VALUES ($1, $2, '', $3)`;
    await h.database.query(insert, [`offline_${hex}`, hex, "0123456789abcdef0123456789abcdef"]);
    await h.sandbox.client.installShop(custom, {
      token: "permanent",
      accessToken: "shpca_0123456789abcdef0123456789abcdef",
    });
    await h.database.query(insert, [`offline_${custom}`, custom, "shpca_0123456789abcdef0123456789abcdef"]);
    await h.database.query(insert, [`offline_${placeholder}`, placeholder, ""]);
    expect(await tokens.migrate(hex)).toMatchObject({ outcome: "migrated" });
    await h.expectCurrent(hex);
    expect(await h.process({ distribution: "single_merchant" }).migrate(custom)).toMatchObject({
      outcome: "custom_app",
      attempts: 0,
    });
    expect(await h.tokenCalls(custom)).toEqual([]);
    expect(await tokens.migrate(custom)).toMatchObject({ outcome: "migrated" });
    await h.expectCurrent(custom);
    expect(await tokens.migrate(placeholder)).toMatchObject({ outcome: "placeholder" });

    const gone = await h.install("permanent");
    await h.sandbox.client.uninstall(gone, { webhook: false });
    expect(await tokens.migrate(gone)).toMatchObject({ outcome: "needs_reauthorization" });
    await tokens.recordUninstalled(gone, new Date(h.now()));
    expect(await tokens.migrate(gone)).toMatchObject({ outcome: "uninstalled" });
  });

  test("a permanent token of a shop that is not permanent any more is not counted", async () => {
    const tokens = h.process();
    const before = await tokens.health();
    const [live, dead, pair] = [
      await h.install("permanent"),
      await h.install("permanent"),
      await h.install("expiring"),
    ];
    const untouched = await h.row(pair);
    await h.sandbox.client.revokeTokens(dead);
    expect((await tokens.health()).permanentTokens).toBe(before.permanentTokens + 2);
    await tokens.migrate(live);
    await tokens.migrate(dead);
    const after = await tokens.health();
    expect(after.permanentTokens).toBe(before.permanentTokens);
    // What a naive monitor counts never gets there.
    expect(after.legacyPrefixRows).toBe(before.legacyPrefixRows + 3);
    expect(after.expiringTokens).toBe(before.expiringTokens + 2);
    expect(after.needsReauth).toBe(before.needsReauth + 1);
    expect(await h.row(pair), "a pair that was there before stays as it is").toEqual(untouched);
  });

  test("a chain near its end is counted until it is refreshed", async () => {
    const tokens = h.process();
    const shop = await h.install("expiring");
    const young = await tokens.health();
    await h.advance(80 * DAY_MS);
    const old = await tokens.health();
    expect(old.refreshTokensExpiringIn14Days).toBeGreaterThan(young.refreshTokensExpiringIn14Days);
    await tokens.refresh(shop);
    expect(await tokens.health()).toEqual({
      ...old,
      refreshTokensExpiringIn14Days: old.refreshTokensExpiringIn14Days - 1,
    });
  });

  test("sends every call through the gate: the exchange, its verification, and the refresh of a new token that is refused", async () => {
    const shop = await h.install("permanent");
    const passed: number[] = [];
    const calls = async () => (await h.sandbox.client.ledger.calls({ shop })).length;
    const gate = async <T>(call: () => Promise<T>) => {
      const before = await calls();
      const answer = await call();
      passed.push((await calls()) - before);
      return answer;
    };
    await h.sandbox.client.faults.add({ shop, endpoint: "graphql", times: 1, play: "unauthorized" });
    expect(await h.process().migrate(shop, { verify: true, gate })).toMatchObject({
      outcome: "migrated",
      code: "verified_after_refresh",
    });
    expect(passed).toEqual([1, 1, 1, 1]);
    expect(await calls()).toBe(4);
  });

  test("does not call a pair verified that the Admin API goes on refusing, or whose proof the gate lets through no more", async () => {
    const refused = await h.install("permanent");
    await h.sandbox.client.faults.add({ shop: refused, endpoint: "graphql", play: "unauthorized" });
    const notAccepted = { outcome: "migrated", code: "stored_not_accepted" };
    expect(await h.process().migrate(refused, { verify: true })).toMatchObject(notAccepted);
    const paused = await h.install("permanent");
    await h.sandbox.client.faults.add({ shop: paused, endpoint: "graphql", play: "unauthorized" });
    let left = 2;
    const gate = <T>(call: () => Promise<T>) => (left-- > 0 ? call() : Promise.reject(new Error("closed")));
    const notVerified = { outcome: "migrated", code: "stored_not_verified" };
    expect(await h.process().migrate(paused, { verify: true, gate })).toMatchObject(notVerified);
    for (const shop of [refused, paused]) await h.expectCurrent(shop);
  });

  test("proves a pair that was stored before it was asked for, too: a run may have been killed between store and proof", async () => {
    const shop = await h.install("permanent");
    expect(await h.process().migrate(shop)).toMatchObject({ outcome: "migrated", code: "migrated" });
    const again = { outcome: "already_expiring", code: "already_expiring" };
    expect(await h.process().migrate(shop)).toMatchObject(again);
    expect(await h.process().migrate(shop, { verify: true })).toMatchObject(again);
    await h.sandbox.client.faults.add({ shop, endpoint: "graphql", play: "unauthorized" });
    const unproven = { outcome: "already_expiring", code: "stored_not_accepted" };
    expect(await h.process().migrate(shop, { verify: true })).toMatchObject(unproven);
  });

  test("is refused while nobody would look after the pairs", async () => {
    const shop = await h.install("permanent");
    expect(await h.process({ phase: "legacy" }).migrate(shop)).toMatchObject({
      outcome: "failed",
      code: "flow_not_ready",
    });
    expect(await h.tokenCalls(shop)).toEqual([]);
  });

  test("an aborted signal starts nothing", async () => {
    const shop = await h.install("permanent");
    await expect(h.process().migrate(shop, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(await h.tokenCalls(shop)).toEqual([]);
  });

  test("10 runs of the same shop over two processes make one call", async () => {
    const shop = await h.install("permanent");
    const [a, b] = [h.process(), h.process()];
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 ? a : b).migrate(shop)));
    expect(outcomes.filter(({ outcome }) => outcome === "migrated")).toHaveLength(1);
    expect(outcomes.filter(({ outcome }) => outcome === "already_expiring")).toHaveLength(9);
    expect(await h.tokenCalls(shop)).toHaveLength(1);
    await h.expectCurrent(shop);
  });
});

test("what a monitor asks for again and again reads no table from end to end, however many shops there are", async () => {
  await h.database.query(
    `INSERT INTO "Session" (id, shop, state, "accessToken", expires, "refreshToken", "refreshTokenExpires")
     SELECT 'offline_f' || n, 'f' || n, '', 'shpat_' || n, now(), 'shprt_' || n, $1::timestamptz FROM generate_series(1, 25000) n`,
    [new Date(h.now() + 80 * DAY_MS).toISOString()],
  );
  await h.database.query(
    `INSERT INTO expand_contract."ShopToken" (shop, generation) SELECT 'f' || n, 1 FROM generate_series(1, 25000) n`,
  );
  await h.database.query(`ANALYZE "Session"`);
  await h.database.query(`ANALYZE expand_contract."ShopToken"`);
  const db = toDatabase(h.process().prisma);
  const asked: Statement[] = [];
  const database: Database = {
    ...db,
    query(statement) {
      asked.push(statement);
      return db.query(statement);
    },
  };
  const tokens = h.process({ database });
  // The second look comes at once, however slow the first one was.
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    await tokens.health();
    asked.length = 0;
    await tokens.health();
  } finally {
    vi.useRealTimers();
  }
  expect(asked.length).toBeGreaterThanOrEqual(4);
  for (const { text, values } of asked) {
    const plan = await h.database.query<{ "QUERY PLAN": string }>(`EXPLAIN ${text}`, [...values]);
    expect(plan.map((row) => row["QUERY PLAN"]).join("\n"), text).not.toMatch(/Seq Scan on "?(Session|ShopToken)/);
  }
});
