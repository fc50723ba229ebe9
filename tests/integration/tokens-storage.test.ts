// Proves what Shopify's libraries get from the session storage, and that an authorization code grant stores its pair under the lease.
import { RequestedTokenType, Session } from "@shopify/shopify-api";
import { beforeEach, describe, expect, test } from "vitest";
import { type Database, toDatabase } from "../../app/infra/database/database.ts";
import { createApi } from "../support/create-api.ts";
import { HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();
const id = (shop: string): string => `offline_${shop}`;

describe("loadSession", () => {
  test("gives no refresh token, anywhere", async () => {
    const shop = await h.install("expiring");
    const { sessionStorage } = h.process();
    const loaded = await sessionStorage.loadSession(id(shop));
    expect(loaded).toBeInstanceOf(Session);
    expect(loaded?.refreshToken).toBeUndefined();
    expect((await sessionStorage.findSessionsByShop!(shop)).map((session) => session.refreshToken)).toEqual([
      undefined,
    ]);
    expect((await h.process().getSession(shop)).refreshToken).toBeUndefined();
  });

  test("in an admin request: acquires with the request's ID token, refreshes with or without", async () => {
    const shop = await h.install("none");
    const tokens = h.process();
    const load = async (idToken?: string) =>
      tokens.withRequest({ kind: "admin", idToken }, () => tokens.sessionStorage.loadSession(id(shop)));
    expect(await load()).toBeUndefined();
    const acquired = await load(await h.idToken(shop));
    expect(acquired?.accessToken).toBe((await h.row(shop))?.accessToken);
    await h.advance(2 * HOUR_MS);
    expect((await load())?.accessToken).not.toBe(acquired?.accessToken);
    await h.expectCurrent(shop);
    await h.advance(2 * HOUR_MS);
    await h.sandbox.client.revokeTokens(shop);
    // Without an ID token the library starts its own flow; with one the shop heals.
    expect(await load()).toBeUndefined();
    expect(await load(await h.idToken(shop))).toBeDefined();
    await h.expectCurrent(shop);
  });

  test("in an admin request: a failure that no flow of the library heals passes as the error it is", async () => {
    const shop = await h.install("expiring");
    await h.advance(2 * HOUR_MS);
    await h.sandbox.client.faults.add({ shop, endpoint: "token", effect: { kind: "status", status: 503 } });
    const tokens = h.process();
    const load = tokens.withRequest({ kind: "admin" }, () => tokens.sessionStorage.loadSession(id(shop)));
    await expect(load).rejects.toMatchObject({ code: "transient" });
  });

  test("an ID token is used for its own shop only", async () => {
    const [mine, other] = [await h.install("none"), await h.install("none")];
    const tokens = h.process();
    const idToken = await h.idToken(mine);
    const loaded = await tokens.withRequest({ kind: "admin", idToken }, () =>
      tokens.sessionStorage.loadSession(id(other)),
    );
    expect(loaded).toBeUndefined();
    expect(await h.tokenCalls(other)).toEqual([]);
  });

  test("in a webhook: never a call to Shopify, and never an error", async () => {
    const [fresh, expired, dead, none] = [
      await h.install("expiring"),
      await h.install("expiring"),
      await h.install("expiring"),
      await h.install("none"),
    ];
    const tokens = h.process();
    const load = (shop: string) =>
      tokens.withRequest({ kind: "webhook" }, () => tokens.sessionStorage.loadSession(id(shop)));
    expect(await load(fresh)).toBeDefined();
    await h.sandbox.client.revokeTokens(dead);
    await h.advance(2 * HOUR_MS);
    for (const shop of [expired, dead, none]) {
      expect(await load(shop)).toBeUndefined();
      expect(await h.tokenCalls(shop)).toEqual([]);
    }
  });

  test("outside a request: refreshed, or none; never an error", async () => {
    const [expired, dead] = [await h.install("expiring"), await h.install("expiring")];
    await h.sandbox.client.revokeTokens(dead);
    await h.advance(2 * HOUR_MS);
    const { sessionStorage } = h.process();
    expect(await sessionStorage.loadSession(id(expired))).toBeDefined();
    expect(await sessionStorage.loadSession(id(dead))).toBeUndefined();
    await h.expectCurrent(expired);
  });

  test("a permanent session is given before contract, and healed in it", async () => {
    const shop = await h.install("permanent");
    const before = await h.row(shop);
    const legacy = h.process({ phase: "legacy" });
    expect((await legacy.sessionStorage.loadSession(id(shop)))?.accessToken).toBe(before?.accessToken);
    expect((await h.process().sessionStorage.loadSession(id(shop)))?.accessToken).toBe(before?.accessToken);
    const contract = h.process({ phase: "contract" });
    const webhook = contract.withRequest({ kind: "webhook" }, () => contract.sessionStorage.loadSession(id(shop)));
    expect(await webhook).toBeUndefined();
    expect((await contract.sessionStorage.loadSession(id(shop)))?.expires).toBeDefined();
    await h.expectCurrent(shop);
    expect(await h.tokenCalls(shop)).toHaveLength(1);
  });

  test("in the legacy phase a stored pair still refreshes", async () => {
    const shop = await h.install("expiring");
    await h.advance(2 * HOUR_MS);
    await h.process({ phase: "legacy" }).getSession(shop);
    await h.expectCurrent(shop);
  });
});

describe("an authorization code grant", () => {
  // The library counts expiries by the wall clock.
  beforeEach(() => h.sandbox.platform.clock.reset());

  const permanent = (shop: string, accessToken: string): Session =>
    new Session({ id: id(shop), shop, state: "s", isOnline: false, accessToken, scope: "read_products" });

  /** The library exchanges the code and stores what it got; an ID token stands in for the code. */
  async function callback(tokens: ReturnType<typeof h.process>, shop: string): Promise<void> {
    await tokens.withAuthorizationCodeGrant(shop, async () => {
      const { session } = await createApi().auth.tokenExchange({
        shop,
        sessionToken: await h.idToken(shop),
        requestedTokenType: RequestedTokenType.OfflineAccessToken,
        expiring: true,
      });
      await tokens.sessionStorage.storeSession(session);
    });
  }

  test("stores a pair under the lease; opens meanwhile wait and share it", async () => {
    const shop = await h.install("none");
    const [a, b] = [h.process(), h.process()];
    await h.sandbox.client.faults.add({ shop, endpoint: "token", effect: { kind: "latency", beforeMs: 200 } });
    const granted = callback(a, shop);
    await expect.poll(async () => (await h.tokenCalls(shop)).length).toBe(1);
    const idToken = await h.idToken(shop);
    const opened = await Promise.all(Array.from({ length: 5 }, () => b.getSession(shop, { idToken })));
    await granted;
    const row = await h.expectCurrent(shop);
    expect(new Set(opened.map((session) => session.accessToken))).toEqual(new Set([row.accessToken]));
    expect(await h.tokenCalls(shop)).toHaveLength(1);
  });

  test("replaces a chain that lives: Shopify issued it later", async () => {
    const shop = await h.install("expiring");
    await callback(h.process(), shop);
    await h.expectCurrent(shop);
  });

  test("a holder that lost its lease on the way does not lose the merchant's pair", async () => {
    const shop = await h.install("none");
    const tokens = h.process();
    await tokens.withAuthorizationCodeGrant(shop, async () => {
      const { session } = await createApi().auth.tokenExchange({
        shop,
        sessionToken: await h.idToken(shop),
        requestedTokenType: RequestedTokenType.OfflineAccessToken,
        expiring: true,
      });
      await h.database.query(
        `UPDATE expand_contract."ShopToken" SET "leaseOwner" = NULL, generation = generation + 1 WHERE shop = $1`,
        [shop],
      );
      await tokens.sessionStorage.storeSession(session);
    });
    const row = await h.row(shop);
    expect(await h.sandbox.client.ledger.isCurrentPair(shop, row!)).toBe(true);
  });

  test("a permanent token: stored in legacy, refused in expand, a counted regression in contract", async () => {
    const shop = h.shopName();
    const { accessToken } = await h.sandbox.client.installShop(shop, { token: "permanent" });
    const store = (phase: "legacy" | "expand" | "contract", metrics?: never) => {
      const tokens = h.process({ phase, metrics });
      return tokens.withAuthorizationCodeGrant(shop, () =>
        tokens.sessionStorage.storeSession(permanent(shop, accessToken!)),
      );
    };
    let refused = 0;
    const nothing = { inc() {}, observe() {} };
    const metrics = {
      tokenCalls: nothing,
      tokenCallSeconds: nothing,
      pairsStored: nothing,
      staleWrites: nothing,
      leaseWaitSeconds: nothing,
      needsReauth: nothing,
      permanentTokensRefused: { inc: () => void refused++ },
    } as never;
    await expect(store("expand")).rejects.toMatchObject({ code: "incomplete_pair" });
    await expect(store("contract", metrics)).rejects.toMatchObject({ code: "permanent_token_refused" });
    expect(refused).toBe(1);
    expect(h.log.some((line) => line.startsWith("error regression"))).toBe(true);
    expect(await h.row(shop)).toBeUndefined();
    const before = await h.process().health();
    await store("legacy");
    await h.expectCurrent(shop);
    expect((await h.process().health()).permanentTokens).toBe(before.permanentTokens + 1);
  });
});

test("online sessions work again when a database that was away at their first use is back", async () => {
  const db = toDatabase(h.process().prisma);
  let away = true;
  const flaky: Database = {
    ...db,
    execute: (statement) => (away ? Promise.reject(new Error("away")) : db.execute(statement)),
  };
  const { sessionStorage } = h.process({ database: flaky });
  const online = new Session({
    id: "shop_1",
    shop: h.shopName(),
    state: "",
    isOnline: true,
    accessToken: "shpat_online",
    expires: new Date(h.now() + HOUR_MS),
  });
  await expect(sessionStorage.storeSession(online)).rejects.toThrow("away");
  away = false;
  expect(await sessionStorage.storeSession(online)).toBe(true);
  expect((await sessionStorage.loadSession("shop_1"))?.accessToken).toBe("shpat_online");
});
