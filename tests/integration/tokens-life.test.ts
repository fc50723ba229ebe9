import { describe, expect, test, vi } from "vitest";
import { type Database, toDatabase } from "../../app/infra/database/database.ts";
import { DAY_MS, HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();
const QUERY = "query Name { shop { name } }";

describe("the Admin client", () => {
  test("returns data, and GraphQL's errors as a named one", async () => {
    const admin = h.process().admin(await h.install("expiring"));
    expect(await admin.graphql<{ shop: { name: string } }>(QUERY)).toMatchObject({
      shop: { name: expect.any(String) },
    });
    await expect(admin.graphql("{ nothingOfTheKind }")).rejects.toMatchObject({ code: "graphql_errors" });
  });

  test("a 401 takes the newest token that somebody else stored, without a call", async () => {
    const shop = await h.install("expiring");
    const [a, b] = [h.process(), h.process()];
    const old = (await h.row(shop))!;
    await b.refresh(shop);
    const newest = (await h.row(shop))!;
    const slow401 = { shop, endpoint: "graphql", times: 1 } as const;
    await h.sandbox.client.faults.add({ ...slow401, effect: { kind: "latency", beforeMs: 300 } });
    await h.sandbox.client.faults.add({ ...slow401, effect: { kind: "status", status: 401 } });
    // The call goes out with what was read; the row changes before the answer arrives.
    await h.overwrite(old);
    const call = a.admin(shop).graphql(QUERY);
    await expect
      .poll(async () => (await h.sandbox.client.ledger.calls({ shop, endpoint: "graphql" })).length)
      .toBeGreaterThan(0);
    await h.overwrite(newest);
    await call;
    await h.expectCurrent(shop);
    expect(await h.tokenCalls(shop)).toHaveLength(1);
  });

  test("a 401 refreshes once and calls once more", async () => {
    const shop = await h.install("expiring");
    await h.sandbox.client.faults.add({ shop, endpoint: "graphql", times: 1, effect: { kind: "status", status: 401 } });
    await h.process().admin(shop).graphql(QUERY);
    await h.expectCurrent(shop);
    expect(await h.tokenCalls(shop)).toHaveLength(1);
  });

  test("20 calls answered 401 at once refresh once", async () => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    const all401 = { shop, endpoint: "graphql", times: 20 } as const;
    // All have sent the same token before the first of them is refused.
    await h.sandbox.client.faults.add({ ...all401, effect: { kind: "latency", beforeMs: 500 } });
    await h.sandbox.client.faults.add({ ...all401, effect: { kind: "status", status: 401 } });
    await Promise.all(Array.from({ length: 20 }, () => tokens.admin(shop).graphql(QUERY)));
    expect(await h.tokenCalls(shop)).toHaveLength(1);
    await h.expectCurrent(shop);
  });

  test("a dead chain is acquired anew with a merchant at hand, and asks for one without", async () => {
    const shop = await h.install("expiring");
    await h.sandbox.client.revokeTokens(shop);
    const tokens = h.process();
    await expect(tokens.admin(shop).graphql(QUERY)).rejects.toMatchObject({ code: "reauthorization_required" });
    await tokens.admin(shop, { idToken: await h.idToken(shop) }).graphql(QUERY);
    await h.expectCurrent(shop);
  });

  test("a new token that is refused too is acquired anew, once, with a merchant at hand", async () => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    await h.sandbox.client.faults.add({ shop, endpoint: "graphql", times: 2, effect: { kind: "status", status: 401 } });
    await tokens.admin(shop, { idToken: await h.idToken(shop) }).graphql(QUERY);
    await h.expectCurrent(shop);
    expect((await h.tokenCalls(shop)).map((call) => call.grant)).toEqual(["refresh", "id_token"]);
    await h.sandbox.client.faults.add({ shop, endpoint: "graphql", times: 2, effect: { kind: "status", status: 401 } });
    await expect(tokens.admin(shop).graphql(QUERY)).rejects.toMatchObject({
      code: "transient",
      reason: "new_token_refused",
    });
    expect((await h.marks(shop)).needsReauthWhy).toBeNull();
  });

  test("403 for a permanent token past the cut-off migrates and calls again; another 403 does not", async () => {
    await h.sandbox.client.choices({ enforcement: "on" });
    const shop = await h.install("permanent");
    await h.process().admin(shop).graphql(QUERY);
    await h.expectCurrent(shop);
    expect((await h.row(shop))?.refreshToken).not.toBeNull();
    await h.sandbox.client.choices({ enforcement: "off" });

    const scoped = await h.install("permanent");
    await h.sandbox.client.faults.add({
      shop: scoped,
      endpoint: "graphql",
      effect: {
        kind: "status",
        status: 403,
        body: { text: '{"errors":"[API] needs write_products"}', contentType: "application/json" },
      },
    });
    await expect(h.process().admin(scoped).graphql(QUERY)).rejects.toMatchObject({
      code: "admin_api_refused",
      status: 403,
    });
    expect(await h.tokenCalls(scoped)).toEqual([]);
  });

  test("throttling is waited for, an outage is a transient error", async () => {
    const shop = await h.install("expiring");
    const admin = h.process().admin(shop);
    await h.sandbox.client.faults.add({
      shop,
      endpoint: "graphql",
      times: 1,
      effect: { kind: "throttle", retryAfterSeconds: 0.3 },
    });
    await admin.graphql(QUERY);
    await h.sandbox.client.faults.add({ shop, endpoint: "graphql", effect: { kind: "status", status: 503 } });
    await expect(admin.graphql(QUERY)).rejects.toMatchObject({ code: "transient", reason: "http_503" });
  });
});

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

describe("uninstall and reinstall", () => {
  test("an uninstall forgets offline and online sessions, needs no living token, and can be repeated", async () => {
    const shop = await h.install("expiring");
    await h.database.query(
      `INSERT INTO "Session" (id, shop, state, "isOnline", "accessToken") VALUES ($1, $2, '', true, 'x')`,
      [`${shop}_1`, shop],
    );
    await h.sandbox.client.uninstall(shop, { webhook: false });
    const tokens = h.process();
    for (let i = 0; i < 2; i++) {
      expect(await tokens.recordUninstalled(shop, new Date(h.now()))).toMatchObject({ forgotten: true });
    }
    expect(await tokens.state(shop)).toMatchObject({ status: "missing", uninstalledAt: expect.any(Date) });
    expect(await tokens.sessionStorage.findSessionsByShop!(shop)).toEqual([]);
  });

  test.each([0, 10_000, HOUR_MS])("a webhook %i ms late never deletes the tokens of a reinstall", async (lateMs) => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    await tokens.refresh(shop);
    await h.sandbox.client.uninstall(shop, { webhook: false });
    const at = new Date(h.now());
    await h.sandbox.client.reinstall(shop);
    await h.advance(lateMs);
    await tokens.getSession(shop).catch(() => {});
    await tokens.admin(shop, { idToken: await h.idToken(shop) }).graphql(QUERY);
    expect(await tokens.recordUninstalled(shop, at)).toEqual({ forgotten: false, reason: "reinstalled_since" });
    await h.expectCurrent(shop);
  });

  test.each(["permanent", "expiring"] as const)(
    "a webhook a year late for a row without history asks Shopify, and keeps a living %s token",
    async (kind) => {
      const shop = await h.install(kind);
      const tokens = h.process();
      const at = new Date(h.now() - 365 * DAY_MS);
      expect(await tokens.recordUninstalled(shop, at)).toEqual({ forgotten: false, reason: "reinstalled_since" });
      await h.expectCurrent(shop);
      expect(await h.tokenCalls(shop)).toEqual([]);

      await h.sandbox.client.faults.add({ id: "down", shop, effect: { kind: "status", status: 503 } });
      await expect(tokens.recordUninstalled(shop, at)).rejects.toMatchObject({ code: "transient" });
      await h.sandbox.client.faults.remove("down");
      await h.expectCurrent(shop);

      await h.sandbox.client.freeze(shop);
      expect(await tokens.recordUninstalled(shop, at)).toMatchObject({ forgotten: false });
      await h.sandbox.client.reopen(shop);

      await h.sandbox.client.uninstall(shop, { webhook: false });
      await h.outliveLostCall(shop);
      await expect
        .poll(() => tokens.recordUninstalled(shop, at).catch(() => {}), { timeout: 5_000 })
        .toMatchObject({ forgotten: true });
      expect(await h.row(shop)).toBeUndefined();
    },
  );

  test("a year-old uninstall exchanges no permanent token before the app asks for pairs", async () => {
    const shop = await h.install("permanent");
    await h.sandbox.client.revokeTokens(shop);
    const tokens = h.process({ phase: "legacy" });
    expect(await tokens.recordUninstalled(shop, new Date(h.now() - 365 * DAY_MS))).toMatchObject({ forgotten: true });
    expect(await h.tokenCalls(shop)).toEqual([]);
  });

  test("an uninstall that is delivered again adds nothing, and an older one does not set the clock back", async () => {
    const shop = await h.install("none");
    const tokens = h.process();
    const at = new Date(h.now());
    for (const late of [0, 0, 60_000]) await tokens.recordUninstalled(shop, new Date(at.getTime() - late));
    expect((await tokens.history(shop)).map(({ kind }) => kind)).toEqual(["uninstalled"]);
    expect((await tokens.state(shop)).uninstalledAt).toEqual(at);
  });

  test("a webhook a week late for a shop reinstalled within the second: the access token is over, the chain tells", async () => {
    const shop = await h.install("none");
    const tokens = h.process();
    const at = new Date(h.now());
    await tokens.getSession(shop, { idToken: await h.idToken(shop) });
    await h.advance(7 * DAY_MS);
    expect(await tokens.recordUninstalled(shop, at)).toMatchObject({ forgotten: false });
    await h.expectCurrent(shop);
  });

  test("clocks that disagree are settled by asking Shopify", async () => {
    const shop = await h.install("none");
    const tokens = h.process({ clock: () => h.now() - 60_000 });
    await tokens.getSession(shop, { idToken: await h.idToken(shop) });
    // By the app's clock the pair is a minute older than the uninstall that it followed.
    expect(await tokens.recordUninstalled(shop, new Date(h.now()))).toMatchObject({ forgotten: false });
    await h.sandbox.client.uninstall(shop, { webhook: false });
    expect(await tokens.recordUninstalled(shop, new Date(h.now()))).toMatchObject({ forgotten: true });
  });

  test("a pair that was on its way when the uninstall came does not outlive it", async () => {
    const shop = await h.install("expiring");
    await h.advance(2 * HOUR_MS);
    await h.sandbox.client.faults.add({ shop, endpoint: "token", times: 1, effect: { kind: "latency", afterMs: 400 } });
    const tokens = h.process();
    const refreshing = tokens.getSession(shop);
    await expect.poll(async () => (await h.tokenCalls(shop)).length).toBe(1);
    await h.sandbox.client.uninstall(shop, { webhook: false });
    await h.advance(10 * 60_000);
    // Shopify is asked about the pair that comes as well.
    await expect
      .poll(
        () =>
          h
            .process()
            .recordUninstalled(shop, new Date(h.now()))
            .catch(() => {}),
        { timeout: 5_000 },
      )
      .toMatchObject({ forgotten: true });
    await refreshing.catch(() => {});
    expect(await h.row(shop)).toBeUndefined();
    await expect(tokens.getSession(shop)).rejects.toMatchObject({ code: "reauthorization_required" });
  });

  test("a pair acquired while a late webhook deletes the old one is not lost", async () => {
    const shop = await h.install("none");
    await h.database.query(
      `INSERT INTO "Session" (id, shop, state, "accessToken", expires) VALUES ($1, $2, '', 'shpat_old', now() - interval '1 day')`,
      [`offline_${shop}`, shop],
    );
    await h.sandbox.client.faults.add({ shop, endpoint: "token", times: 1, effect: { kind: "latency", afterMs: 300 } });
    const tokens = h.process();
    const acquiring = tokens.getSession(shop, { idToken: await h.idToken(shop) });
    await expect.poll(async () => (await h.tokenCalls(shop)).length).toBe(1);
    await h.process().recordUninstalled(shop, new Date(h.now() - DAY_MS));
    await acquiring;
    const row = await h.row(shop);
    expect(await h.sandbox.client.ledger.isCurrentPair(shop, row!)).toBe(true);
  });

  test("a pair stored between the decision and the deletion is not deleted", async () => {
    const shop = await h.install("none");
    const [quick, slow] = [h.process(), h.process()];
    const idToken = await h.idToken(shop);
    let between: (() => Promise<unknown>) | undefined = () => quick.getSession(shop, { idToken });
    const db = toDatabase(slow.prisma);
    const database: Database = {
      ...db,
      async query(statement) {
        if (!statement.text.includes('DELETE FROM "Session"')) return db.query(statement);
        const run = between;
        between = undefined;
        await run?.();
        return db.query(statement);
      },
    };
    const tokens = h.process({ database });
    expect(await tokens.recordUninstalled(shop, new Date(h.now() - DAY_MS))).toMatchObject({ forgotten: false });
    expect(between, "the pair was stored just before the deletion").toBeUndefined();
    await h.expectCurrent(shop);
  });

  test("redaction leaves nothing, unless the shop is installed again", async () => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    await tokens.refresh(shop);
    expect(await tokens.recordRedacted(shop)).toMatchObject({ forgotten: false });
    await h.expectCurrent(shop);
    await h.sandbox.client.uninstall(shop, { webhook: false });
    await h.advance(2 * DAY_MS);
    await tokens.recordUninstalled(shop, new Date(h.now()));
    expect(await tokens.recordRedacted(shop)).toMatchObject({ forgotten: true });
    for (const table of ["Session", "ShopToken", "TokenEvent"]) {
      expect(
        await h.database.query(
          `SELECT 1 FROM ${table === "Session" ? "" : "expand_contract."}"${table}" WHERE shop = $1`,
          [shop],
        ),
        table,
      ).toEqual([]);
    }
  });

  test("another table's foreign key to Session loses no webhook: the row is emptied", async () => {
    const shop = await h.install("expiring");
    await h.database.query(`CREATE TABLE notes ("session" text REFERENCES "Session" ("id"))`);
    await h.database.query(`INSERT INTO notes VALUES ($1)`, [`offline_${shop}`]);
    const tokens = h.process();
    await h.sandbox.client.uninstall(shop, { webhook: false });
    expect(await tokens.recordUninstalled(shop, new Date(h.now()))).toMatchObject({ forgotten: true });
    const left = () => h.database.query(`SELECT "accessToken", "refreshToken" FROM "Session" WHERE shop = $1`, [shop]);
    expect(await left()).toEqual([{ accessToken: "", refreshToken: null }]);
    await h.advance(2 * DAY_MS);
    expect(await tokens.recordRedacted(shop)).toMatchObject({ forgotten: true });
    await h.database.query(`DROP TABLE notes`);
  });

  test.each(["freeze", "close", "lock"] as const)(
    "a shop that Shopify cannot answer for is redacted too (%s), unless it was installed again",
    async (suspend) => {
      const [gone, back] = [await h.install("expiring"), await h.install("expiring")];
      const tokens = h.process();
      await h.advance(3 * DAY_MS);
      await tokens.refresh(back);
      for (const shop of [gone, back]) await h.sandbox.client[suspend](shop);
      await h.advance(4 * HOUR_MS);
      // Hours after it was triggered: Shopify is about to give the delivery up.
      const at = new Date(h.now() - 4 * HOUR_MS);
      expect(await tokens.recordRedacted(gone, at)).toMatchObject({ forgotten: true });
      expect(await h.row(gone)).toBeUndefined();
      expect(await tokens.recordRedacted(back, at)).toMatchObject({ forgotten: false });
      expect(await h.row(back)).toBeDefined();
    },
  );

  test("a redaction whose uninstall webhook never came spares a shop that was installed again long ago", async () => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    await h.sandbox.client.uninstall(shop, { webhook: false });
    await h.sandbox.client.reinstall(shop);
    await tokens.admin(shop, { idToken: await h.idToken(shop) }).graphql(QUERY);
    await h.advance(2 * DAY_MS);
    expect(await tokens.recordRedacted(shop)).toEqual({ forgotten: false, reason: "reinstalled_since" });
    await h.expectCurrent(shop);
  });

  test("a redaction while Shopify cannot say forgets nothing, and asks to be delivered again", async () => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    await h.advance(2 * DAY_MS);
    await h.sandbox.client.faults.add({ id: "down", shop, effect: { kind: "status", status: 503 } });
    await expect(tokens.recordRedacted(shop)).rejects.toMatchObject({ code: "transient" });
    await h.sandbox.client.faults.remove("down");
    await h.expectCurrent(shop);
  });

  test("a redaction waits for the installation that is under way, and spares it", async () => {
    const shop = await h.install("none");
    await h.sandbox.client.faults.add({ shop, endpoint: "token", times: 1, effect: { kind: "latency", afterMs: 400 } });
    const acquiring = h.process().getSession(shop, { idToken: await h.idToken(shop) });
    await expect.poll(async () => (await h.tokenCalls(shop)).length).toBe(1);
    expect(await h.process().recordRedacted(shop)).toMatchObject({ forgotten: false });
    await acquiring;
    await h.expectCurrent(shop);
    const [row] = await h.database.query<{ generation: number }>(
      `SELECT generation FROM expand_contract."ShopToken" WHERE shop = $1`,
      [shop],
    );
    expect(row?.generation).toBe(1);
  });
});

describe("scopes", () => {
  test("that arrive out of order leave the newer ones", async () => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    const at = (agoMs: number) => new Date(h.now() - agoMs);
    expect(await tokens.recordScopes(shop, ["read_products", "write_orders"], at(1_000))).toBe(true);
    expect(await tokens.recordScopes(shop, ["read_products"], at(60_000))).toBe(true);
    expect((await h.row(shop))?.scope).toBe("read_products,write_orders");
    await tokens.recordScopes(shop, ["read_orders"], at(1_000));
    expect((await h.row(shop))?.scope).toBe("read_orders");
  });

  test("of an installation before this one change nothing", async () => {
    const shop = await h.install("none");
    const tokens = h.process();
    expect(await tokens.recordScopes(shop, ["read_products"])).toBe(false);
    expect(await h.marks(shop)).toMatchObject({ generation: 0 });
    await tokens.getSession(shop, { idToken: await h.idToken(shop) });
    const { scope } = (await h.row(shop))!;
    await tokens.recordScopes(shop, ["write_everything"], new Date(h.now() - DAY_MS));
    expect((await h.row(shop))?.scope).toBe(scope);
    // Clocks may disagree by minutes: what is hardly older counts.
    await tokens.recordScopes(shop, ["read_products"], new Date(h.now() - 60_000));
    expect((await h.row(shop))?.scope).toBe("read_products");
  });
});

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

  test("of a call that changed nothing is settled without a token call", async () => {
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

test("the permanent tokens are counted by their index", async () => {
  await h.database.query(
    `INSERT INTO "Session" (id, shop, state, "accessToken", expires, "refreshToken")
     SELECT 'offline_f' || n, 'f' || n, '', 'shpat_' || n, now(), 'shprt_' || n FROM generate_series(1, 20000) n`,
  );
  await h.database.query(`ANALYZE "Session"`);
  const { LIVING_PERMANENT_SESSION } = await import("../../app/tokens/index.ts");
  const plan = await h.database.query<{ "QUERY PLAN": string }>(
    `EXPLAIN SELECT count(*) FROM "Session" s WHERE ${LIVING_PERMANENT_SESSION}`,
  );
  expect(plan.map((row) => row["QUERY PLAN"]).join("\n")).toContain("Session_unrefreshable_");
});
