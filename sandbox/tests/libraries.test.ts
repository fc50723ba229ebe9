// Proves what Shopify's libraries do today, measured against the simulator.
import { HttpResponseError, Session } from "@shopify/shopify-api";
import { PrismaSessionStorage } from "@shopify/shopify-app-session-storage-prisma";
import { beforeEach, describe, expect, test } from "vitest";

import {
  answerOf,
  createLibraryApp,
  dataRequest,
  documentRequest,
  MemorySessionStorage,
  serveLoader,
  type LibraryApp,
} from "./library-app.ts";
import { DAY, newShop, setUpContract } from "./support.ts";

/** What the unmodified libraries do today, as facts that can be run. An app has to be built around each of them. */
const contract = setUpContract();
const { client } = contract;

let storage: MemorySessionStorage;
let app: LibraryApp;
beforeEach(() => {
  storage = new MemorySessionStorage();
  app = createLibraryApp({ storage });
});

const exchanges = async (shop: string): Promise<number> =>
  (await client().ledger.calls({ shop, endpoint: "token", grant: "id_token" })).length;
const refreshes = async (shop: string): Promise<number> =>
  (await client().ledger.calls({ shop, endpoint: "token", grant: "refresh" })).length;

/** A stored pair that the app believes to have ended (its clock is the wall's). */
async function storeExpiredPair(shop: string): Promise<Session> {
  await client().installShop(shop);
  const session = await contract.acquire(shop);
  session.expires = new Date(Date.now() - 1_000);
  await storage.storeSession(session);
  return session;
}

describe("authenticate.admin with no usable session", () => {
  test("one document of a first open makes two exchanges, and can store the retired pair", async () => {
    const shop = newShop();
    await client().installShop(shop);
    // The first exchange is committed first and answered last.
    await client().faults.add({
      shop,
      script: [
        { kind: "latency", afterMs: 150 },
        { kind: "latency", beforeMs: 50 },
      ],
    });
    const request = await documentRequest(client(), shop);
    const loaders = [request, request.clone()].map((copy) => app.authenticate.admin(copy));
    await Promise.all(loaders);
    expect(await exchanges(shop)).toBe(2);
    expect(await client().ledger.overlaps()).toHaveLength(1);
    expect(await client().ledger.orphans([storage.row(shop)])).toEqual([shop]);
  });

  test("20 parallel data requests make 20 exchanges", async () => {
    const shop = newShop();
    await client().installShop(shop);
    await client().faults.add({ shop, effect: { kind: "latency", beforeMs: [5, 40], afterMs: [5, 40] } });
    const requests = await Promise.all(Array.from({ length: 20 }, () => dataRequest(client(), shop)));
    await Promise.all(requests.map((request) => app.authenticate.admin(request)));
    expect(await exchanges(shop)).toBe(20);
    expect((await client().ledger.overlaps()).length).toBeGreaterThan(0);
  });
});

describe("an expired pair and parallel webhooks", () => {
  async function deliver(shop: string, count: number): Promise<number[]> {
    const served = await serveLoader(app.authenticate.webhook);
    await client().app({ deliverTo: served.origin });
    const answers = await Promise.all(
      Array.from({ length: count }, () => client().sendWebhook(shop, "products/update", { id: 1 })),
    );
    await served.close();
    return answers.map(({ status }) => status);
  }

  test("every webhook refreshes for itself, without any lock", async () => {
    const shop = newShop();
    await storeExpiredPair(shop);
    await client().faults.add({ shop, grant: "refresh", effect: { kind: "latency", beforeMs: 150, afterMs: [0, 50] } });
    const statuses = await deliver(shop, 20);
    expect(statuses).toEqual(Array(20).fill(200));
    expect(await refreshes(shop)).toBeGreaterThan(1);
    expect((await client().ledger.overlaps()).length).toBeGreaterThan(0);
  });

  test("the refresh that was answered last can store a retired pair", async () => {
    const shop = newShop();
    await client().choices({ repeatedRefresh: "new-pair", concurrentRefresh: "new-pair" });
    await storeExpiredPair(shop);
    await client().faults.add({
      shop,
      grant: "refresh",
      script: [
        { kind: "latency", afterMs: 150 },
        { kind: "latency", beforeMs: 50 },
      ],
    });
    await deliver(shop, 2);
    expect(await client().ledger.orphans([storage.row(shop)])).toEqual([shop]);
  });

  test("where a used refresh token is refused meanwhile, every webhook but the first one is answered 500", async () => {
    const shop = newShop();
    await client().choices({ concurrentRefresh: "refused" });
    await storeExpiredPair(shop);
    await client().faults.add({ shop, grant: "refresh", effect: { kind: "latency", beforeMs: 150, afterMs: 150 } });
    const statuses = await deliver(shop, 20);
    const failed = statuses.filter((status) => status === 500).length;
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBe((await refreshes(shop)) - 1);
  });
});

test("a failed refresh becomes 500: app/uninstalled never gets through for a dead shop", async () => {
  const shop = newShop();
  await storeExpiredPair(shop);
  const served = await serveLoader(app.authenticate.webhook);
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
  await storage.storeSession(await contract.acquire(shop));
  await client().revokeTokens(shop);
  const answer = await answerOf(
    async (request) => (await app.authenticate.admin(request)).admin.graphql("{ shop { name } }"),
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
  const answer = await answerOf(app.authenticate.admin, request);
  expect(answer.status).toBe(401);
  expect(answer.headers.get("X-Shopify-Retry-Invalid-Session-Request")).toBe("1");
});

test("a 401 of the Admin API re-stores the old session and overwrites a pair that was stored meanwhile", async () => {
  const shop = newShop();
  await client().installShop(shop);
  await storage.storeSession(await contract.acquire(shop));
  await client().revokeTokens(shop);
  await client().faults.add({ shop, endpoint: "graphql", effect: { kind: "latency", beforeMs: 100 } });
  const failing = answerOf(
    async (request) => (await app.authenticate.admin(request)).admin.graphql("{ shop { name } }"),
    await dataRequest(client(), shop),
  );
  await expect.poll(async () => (await client().ledger.calls({ shop, endpoint: "graphql" })).length).toBe(1);
  const newer = await contract.acquire(shop);
  await storage.storeSession(newer);
  await failing;
  expect(storage.row(shop).accessToken).toBe("");
  expect(storage.row(shop).refreshToken).not.toBe(newer.refreshToken);
  expect(await client().ledger.orphans([storage.row(shop)])).toEqual([shop]);
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
  const legacy = createLibraryApp({ storage, tokenExchange: false });
  await storeExpiredPair(shop);
  const answer = await answerOf(legacy.authenticate.admin, await dataRequest(client(), shop));
  expect(answer.status).toBe(401);
  expect(answer.headers.get("X-Shopify-API-Request-Failure-Reauthorize-Url")).toContain("/auth?shop=");
  expect(await refreshes(shop)).toBe(0);
});

test("a permanent session counts as active: opening the app never replaces it", async () => {
  const shop = newShop();
  const { accessToken, scope } = await client().installShop(shop, { token: "permanent" });
  await storage.storeSession(
    new Session({ id: `offline_${shop}`, shop, state: "", isOnline: false, accessToken, scope }),
  );
  await app.authenticate.admin(await documentRequest(client(), shop));
  expect(await exchanges(shop)).toBe(0);
  expect(storage.row(shop)).toMatchObject({ accessToken, refreshToken: null });
});

test.each(["Mozilla/5.0 HeadlessChrome/140.0.0.0", "curl/8.5.0", "node"])("%s is a robot: 410", async (userAgent) => {
  const shop = newShop();
  await client().installShop(shop);
  const answer = await answerOf(app.authenticate.admin, await dataRequest(client(), shop, { userAgent }));
  expect(answer.status).toBe(410);
  expect(await exchanges(shop)).toBe(0);
});

test("with expiringOfflineAccessTokens off the library asks for expiring=0 and mints a permanent token", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const permanent = createLibraryApp({ storage, expiring: false });
  await permanent.authenticate.admin(await dataRequest(client(), shop));
  expect((await client().shop(shop)).permanentToken).toBe(storage.row(shop).accessToken);
  expect(storage.row(shop).refreshToken).toBeNull();
});

test("unauthenticated.admin refreshes an expired pair by itself", async () => {
  const shop = newShop();
  await storeExpiredPair(shop);
  const { admin } = await app.unauthenticated.admin(shop);
  expect(await (await admin.graphql("{ shop { name } }")).json()).toMatchObject({
    data: { shop: { name: expect.any(String) } },
  });
  expect(await refreshes(shop)).toBe(1);
});
