// Proves that a late or repeated webhook forgets no installation that lives, and that scopes come in their order.
import { describe, expect, test } from "vitest";
import { type Database, toDatabase } from "../../app/infra/database/database.ts";
import { DAY_MS, HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();
const QUERY = "query Name { shop { name } }";

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
    // Of a token that is far younger than the webhook nothing need be asked.
    if (lateMs === HOUR_MS) await h.sandbox.client.faults.add({ shop, effect: { kind: "status", status: 503 } });
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

  test("a token in a row of another id is kept unless Shopify was asked about the shop", async () => {
    const [adopted, gone] = [await h.install("permanent"), await h.install("permanent")];
    const rowsOf = (shop: string) => h.database.query(`SELECT "id" FROM "Session" WHERE "shop" = $1`, [shop]);
    await h.database.query(`UPDATE "Session" SET "id" = "shop" WHERE "shop" = $1`, [adopted]);
    await h.database.query(
      `INSERT INTO "Session" ("id", "shop", "state", "accessToken") SELECT "shop", "shop", '', "accessToken" FROM "Session" WHERE "shop" = $1`,
      [gone],
    );
    await h.sandbox.client.uninstall(gone, { webhook: false });
    const tokens = h.process();
    for (const shop of [adopted, gone]) await tokens.recordUninstalled(shop, new Date(h.now()));
    expect(await rowsOf(adopted)).toEqual([{ id: adopted }]);
    expect(await rowsOf(gone)).toEqual([]);
  });

  test("a year-old uninstall exchanges no permanent token before the app asks for pairs", async () => {
    const shop = await h.install("permanent");
    await h.sandbox.client.revokeTokens(shop);
    const tokens = h.process({ phase: "legacy" });
    expect(await tokens.recordUninstalled(shop, new Date(h.now() - 365 * DAY_MS))).toMatchObject({ forgotten: true });
    expect(await h.tokenCalls(shop)).toEqual([]);
  });

  test("an uninstall that is delivered again adds nothing, and an older one does not set the clock back", async () => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    await h.sandbox.client.uninstall(shop, { webhook: false });
    const at = new Date(h.now());
    for (const late of [0, 0, 60_000]) await tokens.recordUninstalled(shop, new Date(at.getTime() - late));
    expect((await tokens.history(shop)).filter(({ kind }) => kind === "uninstalled")).toHaveLength(1);
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

  test("where clocks disagree, Shopify is asked", async () => {
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

  test("that Shopify said before newer ones were stored change nothing", async () => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    await h.sandbox.client.faults.add({ shop, endpoint: "graphql", effect: { kind: "latency", afterMs: 300 } });
    const asking = tokens.updateScopes(shop);
    await expect.poll(async () => (await h.sandbox.client.ledger.calls({ shop, endpoint: "graphql" })).length).toBe(1);
    await tokens.recordScopes(shop, ["write_orders"]);
    expect(await asking).not.toEqual(["write_orders"]);
    expect((await h.row(shop))?.scope).toBe("write_orders");
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
