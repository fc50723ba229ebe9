// Proves what Shopify's libraries do today with one request at a time, measured against the simulator.
import { HttpResponseError, Session } from "@shopify/shopify-api";
import { PrismaSessionStorage } from "@shopify/shopify-app-session-storage-prisma";
import { expect, test } from "vitest";

import {
  answerOf,
  createLibraryApp,
  dataRequest,
  documentRequest,
  serveLoader,
  setUpLibraryApp,
} from "./library-app.ts";
import { DAY, newShop } from "./support.ts";

/** What the unmodified libraries do today, as facts that can be run. An app has to be built around each of them. */
const libraries = setUpLibraryApp();
const { contract, client, exchanges, refreshes, storeExpiredPair } = libraries;

test("a failed refresh becomes 500: app/uninstalled never gets through for a dead shop", async () => {
  const shop = newShop();
  await storeExpiredPair(shop);
  const served = await serveLoader(libraries.app.authenticate.webhook);
  await client().app({ deliverTo: served.origin });
  const delivery = await client().uninstall(shop);
  expect(delivery).toMatchObject({ state: "scheduled", attempts: [{ status: 500 }] });
  await client().clock.advance(DAY);
  const [after] = await client().webhooks.list({ shop, topic: "app/uninstalled" });
  expect(after).toMatchObject({ state: "failed" });
  expect(after!.attempts.map(({ status }) => status)).toEqual(Array(9).fill(500));
  await served.close();
});

test("a 401 of the Admin API during a data request is answered 401 without the retry header", async () => {
  const shop = newShop();
  await client().installShop(shop);
  await libraries.storage.storeSession(await contract.acquire(shop));
  await client().revokeTokens(shop);
  const answer = await answerOf(
    async (request) => (await libraries.app.authenticate.admin(request)).admin.graphql("{ shop { name } }"),
    await dataRequest(client(), shop),
  );
  expect(answer.status).toBe(401);
  expect(answer.headers.get("X-Shopify-Retry-Invalid-Session-Request")).toBeNull();
});

test("a bad ID token, though, is answered 401 with the retry header", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const request = await dataRequest(client(), shop);
  request.headers.set("authorization", `Bearer ${await client().idToken(shop, { expired: true })}`);
  const answer = await answerOf(libraries.app.authenticate.admin, request);
  expect(answer.status).toBe(401);
  expect(answer.headers.get("X-Shopify-Retry-Invalid-Session-Request")).toBe("1");
});

test("PrismaSessionStorage writes the whole row by id alone: the last writer wins", async () => {
  const writes: unknown[] = [];
  const table = { count: async () => 0, upsert: async (args: unknown) => void writes.push(args) };
  const prisma = new PrismaSessionStorage({ session: table } as never);
  const session = new Session({
    id: "offline_a.myshopify.com",
    shop: "a.myshopify.com",
    state: "",
    isOnline: false,
    accessToken: "new",
    refreshToken: "new",
  });
  await prisma.storeSession(session);
  const [write] = writes as { where: object; update: object }[];
  expect(write!.where).toEqual({ id: "offline_a.myshopify.com" });
  expect(write!.update).toMatchObject({ accessToken: "new", refreshToken: "new", shop: "a.myshopify.com" });
});

test.each([
  [520, "text"],
  [502, "html"],
] as const)(
  "an error that is not JSON (%i, %s) throws SyntaxError: status and cause are lost",
  async (status, body) => {
    const shop = newShop();
    await client().installShop(shop);
    const pair = await contract.acquire(shop);
    await client().faults.add({ shop, grant: "refresh", effect: { kind: "status", status, body } });
    const error = await contract.refresh(shop, pair.refreshToken!).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SyntaxError);
    expect(error).not.toBeInstanceOf(HttpResponseError);
    expect(error).not.toHaveProperty("response");
    expect(error).not.toHaveProperty("cause");
  },
);

test("the legacy strategy never refreshes: an expired session goes to a full OAuth redirect", async () => {
  const shop = newShop();
  const legacy = createLibraryApp({ storage: libraries.storage, tokenExchange: false });
  await storeExpiredPair(shop);
  const answer = await answerOf(legacy.authenticate.admin, await dataRequest(client(), shop));
  expect(answer.status).toBe(401);
  expect(answer.headers.get("X-Shopify-API-Request-Failure-Reauthorize-Url")).toContain("/auth?shop=");
  expect(await refreshes(shop)).toBe(0);
});

test("a permanent session counts as active: opening the app never replaces it", async () => {
  const shop = newShop();
  const { accessToken, scope } = await client().installShop(shop, { token: "permanent" });
  await libraries.storage.storeSession(
    new Session({ id: `offline_${shop}`, shop, state: "", isOnline: false, accessToken, scope }),
  );
  await libraries.app.authenticate.admin(await documentRequest(client(), shop));
  expect(await exchanges(shop)).toBe(0);
  expect(libraries.storage.row(shop)).toMatchObject({ accessToken, refreshToken: null });
});

test.each(["Mozilla/5.0 HeadlessChrome/140.0.0.0", "curl/8.5.0", "node"])("%s is a robot: 410", async (userAgent) => {
  const shop = newShop();
  await client().installShop(shop);
  const answer = await answerOf(libraries.app.authenticate.admin, await dataRequest(client(), shop, { userAgent }));
  expect(answer.status).toBe(410);
  expect(await exchanges(shop)).toBe(0);
});

test("with expiringOfflineAccessTokens off the library asks for expiring=0 and mints a permanent token", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const permanent = createLibraryApp({ storage: libraries.storage, expiring: false });
  await permanent.authenticate.admin(await dataRequest(client(), shop));
  expect((await client().shop(shop)).permanentToken).toBe(libraries.storage.row(shop).accessToken);
  expect(libraries.storage.row(shop).refreshToken).toBeNull();
});

test("unauthenticated.admin refreshes an expired pair by itself", async () => {
  const shop = newShop();
  await storeExpiredPair(shop);
  const { admin } = await libraries.app.unauthenticated.admin(shop);
  expect(await (await admin.graphql("{ shop { name } }")).json()).toMatchObject({
    data: { shop: { name: expect.any(String) } },
  });
  expect(await refreshes(shop)).toBe(1);
});
