// Proves what Shopify's libraries can write through the session storage, and that a report of a 401 heals and erases nothing.
import { RequestedTokenType, Session } from "@shopify/shopify-api";
import { describe, expect, test } from "vitest";
import { createApi } from "../support/create-api.ts";
import { HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();
const id = (shop: string): string => `offline_${shop}`;

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
