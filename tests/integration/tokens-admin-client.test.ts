// Proves that an Admin call heals a refused token by itself, once, and names every other error.
import { describe, expect, test } from "vitest";
import { tokensHarness } from "./tokens-harness.ts";

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
