// Proves that sealed tokens are in no table, and that sealing changes nothing else, beside traffic and in passes that are cut off.
import { describe, expect, test } from "vitest";
import { ReauthorizationRequiredError } from "../../app/tokens/index.ts";
import { sealingHarness } from "./sealing-harness.ts";

const { h, k1, k2, sealing, opening, plain, dump, secretsInDump, keysOf, online } = sealingHarness();

describe("at rest", () => {
  test("no table holds a token that Shopify ever made, whatever brought it: migration, refresh, acquisition, code grant, online", async () => {
    const tokens = sealing(k1);
    const migrated = await h.install("permanent");
    const refreshed = await h.install("expiring");
    const left = await h.install("permanent");
    expect(await secretsInDump()).not.toEqual([]);
    expect((await tokens.migrate(migrated, { verify: true })).code).toBe("verified");
    await tokens.refresh(refreshed);
    const acquired = await h.install("none");
    await tokens.getSession(acquired, { idToken: await h.idToken(acquired) });
    await tokens.sessionStorage.storeSession(online(acquired));
    expect((await tokens.sessionStorage.loadSession(`${acquired}_7`))?.accessToken).toBe(online(acquired).accessToken);
    expect(
      (await tokens.sessionStorage.findSessionsByShop!(acquired)).map((session) => session.isOnline).sort(),
    ).toEqual([false, true]);

    // What was there before is read as it is, until the background pass has sealed it.
    expect((await tokens.getSession(left)).accessToken).toBe((await h.row(left))!.accessToken);
    expect(await tokens.convertRows()).toEqual({ rows: 1, unreadable: 0, isComplete: true });
    expect(await secretsInDump()).toEqual([]);
    expect(await dump()).not.toContain(online(acquired).accessToken);
    for (const shop of [migrated, refreshed, acquired]) await h.expectCurrent(shop);
    expect((await tokens.admin(left).graphql<{ shop: { id: string } }>("{ shop { id } }")).shop.id).toBeTruthy();
    expect(await tokens.sealing()).toMatchObject({
      sealsWith: "k1",
      plain: 0,
      sealed: { k1: 8 },
      toConvert: 0,
      problem: null,
    });
  });

  test("what is permanent, and what is on record about a token, is the same sealed, re-sealed, unsealed", async () => {
    const [permanent, dead, chain] = [
      await h.install("permanent"),
      await h.install("expiring"),
      await h.install("expiring"),
    ];
    await h.sandbox.client.uninstall(dead, { webhook: false });
    const before = plain();
    await expect(before.refresh(dead)).rejects.toBeInstanceOf(ReauthorizationRequiredError);
    const { legacyPrefixRows: _, ...expected } = await before.health();
    const states = async (tokens: ReturnType<typeof plain>) =>
      Promise.all([permanent, dead, chain].map(async (shop) => (await tokens.state(shop)).status));
    const statuses = await states(before);
    for (const [tokens, key] of [
      [sealing(k1), "k1"],
      [sealing(k2, k1), "k2"],
      [opening(k1, k2), "plain"],
    ] as const) {
      expect((await tokens.convertRows()).rows).toBe(3);
      expect(await keysOf(permanent)).toEqual([key]);
      expect(await keysOf(chain)).toEqual([key, key]);
      const { legacyPrefixRows: _prefix, ...health } = await tokens.health();
      expect(health).toEqual(expected);
      expect(await states(tokens)).toEqual(statuses);
      // Shopify is not asked about the dead one again.
      const calls = (await h.tokenCalls(dead)).length;
      await expect(tokens.getSession(dead)).rejects.toBeInstanceOf(ReauthorizationRequiredError);
      expect((await h.tokenCalls(dead)).length).toBe(calls);
    }
    // Of the keys that seal nothing any more no canary is left, so that they can be taken away.
    expect(await h.database.query(`SELECT id FROM expand_contract."TokenKey"`)).toEqual([]);
    expect(await plain().keyProblem()).toBeUndefined();
  });

  test("a pass that is cut off goes on where it ended; one beside traffic loses nothing", async () => {
    const shops = await Promise.all(Array.from({ length: 12 }, () => h.install("expiring")));
    // More than a page of rows that nobody uses.
    await h.database.query(
      `INSERT INTO "Session" (id, shop, state, "accessToken") SELECT 'offline_0-' || i || '.myshopify.com', '0-' || i || '.myshopify.com', '', 'shpat_' || i FROM generate_series(1, 450) i`,
    );
    const tokens = sealing(k1);
    const cut = await tokens.convertRows({ signal: AbortSignal.timeout(1), pauseMs: 60_000 });
    expect(cut).toMatchObject({ isComplete: false });
    const [rest] = await Promise.all([
      tokens.convertRows({ pauseMs: 0 }),
      ...shops.map((shop) => tokens.refresh(shop)),
      ...shops.map((shop) => sealing(k1).refresh(shop)),
    ]);
    expect(rest.isComplete).toBe(true);
    await tokens.convertRows();
    expect(await tokens.sealing()).toMatchObject({ plain: 0, sealed: { k1: 450 + 24 } });
    for (const shop of shops) await h.expectCurrent(shop);
  });

  test("a column that is too narrow for a sealed token is found before anything is spent", async () => {
    const shop = await h.install("permanent");
    await h.database.query(`ALTER TABLE "Session" ALTER COLUMN "accessToken" TYPE varchar(100)`);
    try {
      expect(await plain().storageProblem()).toBeUndefined();
      await expect(sealing(k1).migrate(shop)).rejects.toMatchObject({ problem: { kind: "too_narrow" } });
      expect(await h.tokenCalls(shop)).toEqual([]);
      await expect(sealing(k1).convertRows()).rejects.toThrow();
    } finally {
      await h.database.query(`ALTER TABLE "Session" ALTER COLUMN "accessToken" TYPE text`);
    }
  });
});
