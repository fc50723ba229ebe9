// Proves that a living chain is kept alive, its unknown outcomes are reconciled, and its history stays bounded.
import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();

describe("the history", () => {
  test("counts refreshes in a row in one entry, and bounds each shop by number", async () => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    const first = h.now();
    for (let i = 0; i < 3; i++) {
      await tokens.refresh(shop);
      await h.advance(HOUR_MS);
    }
    const [entry, ...rest] = await tokens.history(shop);
    expect(rest).toEqual([]);
    expect(entry).toMatchObject({ kind: "refreshed", count: 3, generation: 3 });
    expect(entry!.at.getTime() - entry!.since!.getTime()).toBeGreaterThanOrEqual(2 * HOUR_MS);
    expect(Math.abs(entry!.since!.getTime() - first)).toBeLessThan(60_000);

    await h.database.query(
      `INSERT INTO expand_contract."TokenEvent" (shop, kind, at) SELECT $1, 'suspended', now() FROM generate_series(1, 120)`,
      [shop],
    );
    await tokens.refresh(shop);
    expect((await tokens.history(shop, 1_000)).length).toBe(122);
    expect(await tokens.pruneEvents(new Date(0))).toBe(72);
    expect(await tokens.pruneEvents(new Date(0))).toBe(0);
    const kept = await tokens.history(shop, 1_000);
    expect(kept).toHaveLength(50);
    expect(kept[0]).toMatchObject({ kind: "refreshed", count: 1 });
  });
});

test("times are right on a database whose zone is not UTC", async () => {
  await h.database.query(`ALTER DATABASE "${h.database.name}" SET timezone = 'America/New_York'`);
  const shop = await h.install("none");
  const tokens = h.process();
  const before = h.now();
  const session = await tokens.getSession(shop, { idToken: await h.idToken(shop) });
  expect(session.expires!.getTime() - h.now()).toBeGreaterThan(HOUR_MS - 60_000);
  const again = await tokens.getSession(shop);
  expect(Math.abs(again.expires!.getTime() - session.expires!.getTime())).toBeLessThanOrEqual(1);
  const { acquiredAt } = await tokens.state(shop);
  expect(acquiredAt!.getTime()).toBeGreaterThanOrEqual(before);
  expect(acquiredAt!.getTime()).toBeLessThanOrEqual(h.now());
  expect((await tokens.history(shop))[0]!.at.getTime()).toBe(acquiredAt!.getTime());
  await h.database.query(`ALTER DATABASE "${h.database.name}" RESET timezone`);
});

describe("keeping alive", () => {
  test("lists the chains that end first, leaves out the dead, and refreshes them once", async () => {
    const old = await h.install("expiring");
    await h.advance(40 * DAY_MS);
    const young = await h.install("expiring");
    const tokens = h.process();
    const due = await tokens.shopsToKeepAlive(new Date(h.now() - 30 * DAY_MS), 100);
    expect(due).toContain(old);
    expect(due).not.toContain(young);
    await tokens.refresh(old);
    await h.expectCurrent(old);
    expect(await tokens.shopsToKeepAlive(new Date(h.now() - 30 * DAY_MS), 100)).not.toContain(old);
    expect(await tokens.history(old)).toMatchObject([{ kind: "refreshed", generation: 1 }]);
    await tokens.pruneEvents(new Date(h.now() + 1_000));
    expect(await tokens.history(old)).toEqual([]);
  });

  test("rows that name no shop do not come before those that do", async () => {
    const shop = await h.install("expiring");
    await h.advance(40 * DAY_MS);
    await h.database.query(
      `INSERT INTO "Session" (id, shop, state, "accessToken", "refreshToken", "refreshTokenExpires")
       VALUES ('offline_no shop', 'no shop', '', 'a', 'b', now() - interval '9 years'), ('other', $1, '', 'a', 'b', now() - interval '9 years')`,
      [shop],
    );
    const due = await h.process().shopsToKeepAlive(new Date(h.now() - 30 * DAY_MS), 1_000);
    expect(due).not.toContain("no shop");
    expect(due.filter((name) => name === shop)).toHaveLength(1);
    await h.database.query(`DELETE FROM "Session" WHERE id IN ('offline_no shop', 'other')`);
  });

  test("a page of shops that stay the most urgent, whatever is done, keeps no other waiting for long", async () => {
    const shop = await h.install("expiring");
    await h.advance(40 * DAY_MS);
    await h.database.query(
      `INSERT INTO "Session" (id, shop, state, "accessToken", "refreshToken", "refreshTokenExpires")
       SELECT 'offline_' || shop, shop, '', 'a', 'b', now() - interval '1 day'
       FROM (SELECT 'closed-' || i || '.myshopify.com' AS shop FROM generate_series(1, 20) AS i) AS closed`,
    );
    const tokens = h.process();
    const before = new Date(h.now() - 30 * DAY_MS);
    const planned: string[] = [];
    for (let pass = 0; pass < 60 && !planned.includes(shop); pass++) {
      const page = await tokens.shopsToKeepAlive(before, 10);
      expect(new Set(page).size).toBe(10);
      expect(page.filter((name) => name.startsWith("closed-")).length).toBeGreaterThanOrEqual(5);
      planned.push(...page);
    }
    expect(planned).toContain(shop);
    await h.database.query(`DELETE FROM "Session" WHERE shop LIKE 'closed-%'`);
  });

  test("the refresh of a permanent token is nothing: only a migration ends it", async () => {
    const shop = await h.install("permanent");
    await h.process().refresh(shop);
    expect(await h.tokenCalls(shop)).toEqual([]);
  });
});

describe("an outcome nobody knows", () => {
  test.each(["permanent", "expiring"] as const)(
    "of a %s token is found out, long before it is too late",
    async (kind) => {
      const shop = await h.install(kind);
      await h.advance(2 * HOUR_MS);
      const tokens = h.process();
      expect(await tokens.shopsToReconcile(1_000)).not.toContain(shop);
      await h.sandbox.client.faults.add({ shop, endpoint: "token", effect: { kind: "lost-after-commit" } });
      if (kind === "permanent") await tokens.migrate(shop, { retries: 0 });
      else await expect(tokens.getSession(shop)).rejects.toMatchObject({ code: "transient" });
      await h.sandbox.client.faults.clear();

      await expect.poll(() => tokens.shopsToReconcile(1_000), { timeout: 5_000 }).toContain(shop);
      await tokens.reconcile(shop);
      await h.expectCurrent(shop);
      expect(await tokens.shopsToReconcile(1_000)).not.toContain(shop);
    },
  );

  test("of a shop that cannot be asked now does not keep the others waiting", async () => {
    const [stuck, other] = [await h.install("permanent"), await h.install("permanent")];
    const tokens = h.process();
    for (const [i, shop] of [stuck, other].entries()) {
      await h.database.query(
        `INSERT INTO expand_contract."ShopToken" (shop, "leaseOwner", "leaseExpiresAt") VALUES ($1, 'dead', now() - interval '9 years' + $2 * interval '1 s')`,
        [shop, i],
      );
    }
    expect(await tokens.shopsToReconcile(1)).toEqual([stuck]);
    await h.sandbox.client.faults.add({ id: "down", shop: stuck, effect: { kind: "status", status: 503 } });
    await tokens.reconcile(stuck);
    expect(await tokens.shopsToReconcile(1)).toEqual([other]);
    expect(await tokens.shopsToReconcile(1_000)).not.toContain(stuck);
    await tokens.reconcile(other);
    expect(await tokens.shopsToReconcile(1_000)).not.toContain(other);

    const due = () =>
      h.database.query(`UPDATE expand_contract."ShopToken" SET "reconcileAt" = now() WHERE shop = $1`, [stuck]);
    await due();
    expect(await tokens.shopsToReconcile(1_000)).toContain(stuck);
    await h.sandbox.client.faults.remove("down");
    await tokens.reconcile(stuck);
    await due();
    expect(await tokens.shopsToReconcile(1_000)).not.toContain(stuck);
  });

  test("is remembered when the lease is taken and given back without an answer", async () => {
    const shop = await h.install("permanent");
    const tokens = h.process();
    await h.sandbox.client.faults.add({ shop, endpoint: "token", effect: { kind: "lost-after-commit" } });
    await tokens.migrate(shop, { retries: 0 });
    await h.sandbox.client.faults.clear();
    await expect.poll(() => tokens.shopsToReconcile(1_000), { timeout: 5_000 }).toContain(shop);
    await tokens.withAuthorizationCodeGrant(shop, () => Promise.resolve());
    expect(await tokens.shopsToReconcile(1_000)).toContain(shop);
    await tokens.reconcile(shop);
    await h.expectCurrent(shop);
    expect(await tokens.shopsToReconcile(1_000)).not.toContain(shop);
  });

  test("of a call that changed nothing is reconciled without a token call", async () => {
    const shop = await h.install("permanent");
    const tokens = h.process();
    await h.sandbox.client.faults.add({ shop, endpoint: "token", effect: { kind: "lost-before-commit" } });
    await tokens.migrate(shop, { retries: 0 });
    await expect.poll(() => tokens.shopsToReconcile(1_000), { timeout: 5_000 }).toContain(shop);
    await tokens.reconcile(shop);
    expect(await tokens.shopsToReconcile(1_000)).not.toContain(shop);
    expect(await h.tokenCalls(shop)).toHaveLength(1);
  });
});

test("time leaps of 7, 30 and 89 days leave a chain that lives", async () => {
  const shop = await h.install("expiring");
  const tokens = h.process();
  for (const days of [7, 30, 89]) {
    await h.advance(days * DAY_MS);
    await tokens.getSession(shop);
    await h.expectCurrent(shop);
  }
});
