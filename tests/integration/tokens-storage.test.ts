// Proves what Shopify's libraries get from the session storage, and what they can write through it.
import { RequestedTokenType, Session } from "@shopify/shopify-api";
import { beforeEach, describe, expect, test } from "vitest";
import { type Database, toDatabase } from "../../app/infra/database/database.ts";
import { createApi, HOUR_MS, tokensHarness } from "./tokens-harness.ts";

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

describe("storeSession", () => {
  test("a 401 that the library reports replaces the refused token, and erases nothing", async () => {
    const shop = await h.install("expiring");
    const { sessionStorage } = h.process();
    const loaded = (await sessionStorage.loadSession(id(shop)))!;
    const before = await h.row(shop);
    loaded.accessToken = undefined;
    await sessionStorage.storeSession(loaded);
    expect((await h.expectCurrent(shop)).accessToken).not.toBe(before?.accessToken);
  });

  test("20 such reports at once make one refresh", async () => {
    const shop = await h.install("expiring");
    const { sessionStorage } = h.process();
    const loaded = await Promise.all(Array.from({ length: 20 }, () => sessionStorage.loadSession(id(shop))));
    await Promise.all(
      loaded.map(async (session) => {
        session!.accessToken = undefined;
        await sessionStorage.storeSession(session!);
      }),
    );
    await h.expectCurrent(shop);
    expect(await h.tokenCalls(shop)).toHaveLength(1);
  });

  test("for a dead shop the report is heard without an error, and the merchant at hand heals it", async () => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    const loaded = (await tokens.sessionStorage.loadSession(id(shop)))!;
    await h.sandbox.client.revokeTokens(shop);
    loaded.accessToken = undefined;
    const idToken = await h.idToken(shop);
    await tokens.withRequest({ kind: "admin", idToken }, () => tokens.sessionStorage.storeSession(loaded));
    await h.expectCurrent(shop);
  });

  test("a pair out of a library's own exchange proves itself before it is stored", async () => {
    const shop = await h.install("expiring");
    const { sessionStorage } = h.process();
    const { session } = await createApi().auth.tokenExchange({
      shop,
      sessionToken: await h.idToken(shop),
      requestedTokenType: RequestedTokenType.OfflineAccessToken,
      expiring: true,
    });
    await sessionStorage.storeSession(session);
    const row = await h.row(shop);
    expect(await h.sandbox.client.ledger.orphans([row!])).toEqual([]);
    expect(await h.sandbox.client.ledger.isCurrentPair(shop, row!)).toBe(true);
  });

  test("a scope that changed is stored with the same token only", async () => {
    const shop = await h.install("expiring");
    const { sessionStorage } = h.process();
    const loaded = (await sessionStorage.loadSession(id(shop)))!;
    loaded.scope = "read_products,write_products";
    const before = await h.row(shop);
    await sessionStorage.storeSession(loaded);
    expect(await h.row(shop)).toEqual({ ...before, scope: "read_products,write_products" });
  });

  test("deleting an offline session by the library's interface forgets nothing while the app is installed", async () => {
    const shop = await h.install("expiring");
    const { sessionStorage } = h.process();
    await sessionStorage.deleteSession(id(shop));
    await sessionStorage.deleteSessions([id(shop)]);
    await h.expectCurrent(shop);
  });

  test("deleting an offline session forgets a shop that has uninstalled the app, whether its token had expired or not", async () => {
    for (const expired of [false, true]) {
      const shop = await h.install("expiring");
      const { sessionStorage } = h.process();
      await h.sandbox.client.uninstall(shop, { webhook: false });
      if (expired) await h.advance(2 * HOUR_MS);
      const found = await sessionStorage.findSessionsByShop(shop);
      expect(found.map((session) => session.id)).toEqual([id(shop)]);
      await sessionStorage.deleteSessions(found.map((session) => session.id));
      expect(await h.row(shop)).toBeUndefined();
    }
  });

  test("a webhook that waits for a token gets a new one, and none in time when Shopify is slow", async () => {
    const shop = await h.install("expiring");
    const tokens = h.process();
    await h.advance(2 * HOUR_MS);
    const fault = await h.sandbox.client.faults.add({ shop, effect: { kind: "latency", beforeMs: 1_500, afterMs: 0 } });
    const load = (renewWithinMs: number) =>
      tokens.withRequest({ kind: "webhook", renewWithinMs }, () => tokens.sessionStorage.loadSession(id(shop)));
    expect(await load(10)).toBeUndefined();
    await h.sandbox.client.faults.remove(fault);
    expect((await load(60_000))?.accessToken).toBe((await h.expectCurrent(shop)).accessToken);
  });

  test("a shop that nothing proves is never asked about: another shop's request, or a query that names it", async () => {
    const [victim, own] = [await h.install("expiring"), await h.install("expiring")];
    const { sessionStorage, withRequest } = h.process();
    const api = createApi();
    const expectNoToken = async (session: Session | undefined) => {
      expect(session?.isActive(undefined)).toBe(true);
      expect(session?.accessToken).not.toBe((await h.row(victim))?.accessToken);
      const client = new api.clients.Graphql({ session: session! });
      // As the libraries test a token; they lead the browser into the Admin then.
      await client.request("query shopifyAppShopName { shop { name } }");
      await expect(client.request("{ shop { name } }")).rejects.toThrow(/401/);
      // What they write when a token was refused.
      await sessionStorage.storeSession(Object.assign(session!, { accessToken: undefined }));
    };
    // As @shopify/shopify-app-express and the authorization code strategy of -remix do it, before they check a signature.
    const ensureInstalledOnShop = async () => await sessionStorage.loadSession(id(victim));
    const calls = await h.sandbox.client.ledger.calls({ shop: victim });
    for (const hours of [0, 2]) {
      await h.advance(hours * HOUR_MS);
      for (const verifiedShop of [own, null]) {
        const load = () => sessionStorage.loadSession(id(victim));
        await expectNoToken(await withRequest({ kind: "admin", verifiedShop }, load));
      }
      await expectNoToken(await ensureInstalledOnShop());
    }
    expect(await h.sandbox.client.ledger.calls({ shop: victim })).toEqual(calls);
    // Express runs what stands behind its middleware from there: that is the app's own question.
    const handler = () => sessionStorage.loadSession(id(victim));
    const layer = async () => await handler();
    const next = async () => await layer();
    const behind = { ensureInstalledOnShop: async () => await next() };
    expect((await behind.ensureInstalledOnShop())?.accessToken).toBe((await h.expectCurrent(victim)).accessToken);
    expect(await h.tokenCalls(victim)).toHaveLength(1);
    await h.sandbox.client.uninstall(victim, { webhook: false });
    await h.advance(2 * HOUR_MS);
    expect(await sessionStorage.loadSession(id(victim))).toBeUndefined();
    expect(await withRequest({ kind: "admin", verifiedShop: null }, () => sessionStorage.loadSession(id(victim)))).toBe(
      undefined,
    );
  });

  test("online sessions pass through", async () => {
    const { sessionStorage } = h.process();
    const online = new Session({
      id: "a.myshopify.com_7",
      shop: "a.myshopify.com",
      state: "",
      isOnline: true,
      accessToken: "shpua_online",
      expires: new Date(h.now() + 1_000),
      onlineAccessInfo: {
        expires_in: 1,
        associated_user_scope: "",
        associated_user: {
          id: 7,
          first_name: "",
          last_name: "",
          email: "",
          account_owner: false,
          locale: "en",
          collaborator: false,
          email_verified: true,
        },
      },
    });
    await sessionStorage.storeSession(online);
    expect((await sessionStorage.loadSession(online.id))?.accessToken).toBe("shpua_online");
    await sessionStorage.deleteSession(online.id);
    expect(await sessionStorage.loadSession(online.id)).toBeUndefined();
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
