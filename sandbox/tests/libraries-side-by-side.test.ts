// Proves what Shopify's libraries do today when requests come side by side: a call each, and pairs that are stored too late.
import { describe, expect, test } from "vitest";

import { answerOf, dataRequest, documentRequest, serveLoader, setUpLibraryApp } from "./library-app.ts";
import { newShop } from "./support.ts";

const libraries = setUpLibraryApp();
const { contract, client, exchanges, refreshes, storeExpiredPair } = libraries;

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
    const loaders = [request, request.clone()].map((copy) => libraries.app.authenticate.admin(copy));
    await Promise.all(loaders);
    expect(await exchanges(shop)).toBe(2);
    expect(await client().ledger.overlaps()).toHaveLength(1);
    expect(await client().ledger.orphans([libraries.storage.row(shop)])).toEqual([shop]);
  });

  test("20 parallel data requests make 20 exchanges", async () => {
    const shop = newShop();
    await client().installShop(shop);
    await client().faults.add({ shop, effect: { kind: "latency", beforeMs: [5, 40], afterMs: [5, 40] } });
    const requests = await Promise.all(Array.from({ length: 20 }, () => dataRequest(client(), shop)));
    await Promise.all(requests.map((request) => libraries.app.authenticate.admin(request)));
    expect(await exchanges(shop)).toBe(20);
    expect((await client().ledger.overlaps()).length).toBeGreaterThan(0);
  });
});

describe("an expired pair and parallel webhooks", () => {
  async function deliver(shop: string, count: number): Promise<number[]> {
    const served = await serveLoader(libraries.app.authenticate.webhook);
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
    expect(await client().ledger.orphans([libraries.storage.row(shop)])).toEqual([shop]);
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

test("a 401 of the Admin API re-stores the old session and overwrites a pair that was stored meanwhile", async () => {
  const shop = newShop();
  await client().installShop(shop);
  await libraries.storage.storeSession(await contract.acquire(shop));
  await client().revokeTokens(shop);
  await client().faults.add({ shop, endpoint: "graphql", effect: { kind: "latency", beforeMs: 100 } });
  const failing = answerOf(
    async (request) => (await libraries.app.authenticate.admin(request)).admin.graphql("{ shop { name } }"),
    await dataRequest(client(), shop),
  );
  await expect.poll(async () => (await client().ledger.calls({ shop, endpoint: "graphql" })).length).toBe(1);
  const newer = await contract.acquire(shop);
  await libraries.storage.storeSession(newer);
  await failing;
  expect(libraries.storage.row(shop).accessToken).toBe("");
  expect(libraries.storage.row(shop).refreshToken).not.toBe(newer.refreshToken);
  expect(await client().ledger.orphans([libraries.storage.row(shop)])).toEqual([shop]);
});
