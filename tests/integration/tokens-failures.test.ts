// Proves that no failed or lost call loses a shop.
import { describe, expect, test, vi } from "vitest";
import type { Tokens } from "../../app/tokens/index.ts";
import type { Effect } from "../../sandbox/platform/types.ts";
import { createApi } from "../support/create-api.ts";
import { tokensHarness } from "./tokens-harness.ts";

// Most of it is waiting before a call is tried again, which shops do side by side.
const h = tokensHarness({ isShared: true });
const LOST: Effect["kind"][] = ["lost-before-commit", "lost-after-commit", "reset"];

// `expect.poll` knows one test at a time, and these go on side by side.
async function expectMigratedSoon(tokens: Tokens, shop: string): Promise<void> {
  const migrated = async () => expect(await tokens.migrate(shop)).toMatchObject({ outcome: "migrated" });
  await vi.waitFor(migrated, { timeout: 5_000, interval: 50 });
  await h.expectCurrent(shop);
}

describe.concurrent.each(LOST)("an answer is lost: %s", (kind) => {
  const effect = { kind } as Effect;

  test("refresh: the same stored token again", async () => {
    const shop = await h.installExpired();
    const before = await h.row(shop);
    await h.failTokenCalls(shop, effect);
    await h.process().getSession(shop);
    const row = await h.expectCurrent(shop);
    expect(row.refreshToken).not.toBe(before?.refreshToken);
    const presented = (await h.tokenCalls(shop)).map((call) => call.presented).filter(Boolean);
    expect(new Set(presented).size).toBe(1);
  });

  test("migrate: the same permanent token again", async () => {
    const shop = await h.install("permanent");
    await h.failTokenCalls(shop, effect);
    expect(await h.process().migrate(shop)).toMatchObject({ outcome: "migrated", attempts: 2 });
    await h.expectCurrent(shop);
  });

  test("exchange: the same ID token again", async () => {
    const shop = await h.install("none");
    await h.failTokenCalls(shop, effect);
    await h.process().getSession(shop, { idToken: await h.idToken(shop) });
    await h.expectCurrent(shop);
  });

  test("all answers lost: nothing is decided, and later it works", async () => {
    const shop = await h.install("permanent");
    const tokens = h.process();
    await h.failTokenCalls(shop, effect, 3);
    expect(await tokens.migrate(shop)).toMatchObject({
      outcome: "failed",
      code: "network",
      retryable: true,
      attempts: 3,
    });
    expect((await h.marks(shop)).needsReauthWhy).toBeNull();
    await h.expectNotOrphaned(shop);
    await expectMigratedSoon(tokens, shop);
  });
});

test.concurrent("a permanent token spent by a lost migration is healed by the first 401", async () => {
  const shop = await h.install("permanent");
  const tokens = h.process();
  await h.failTokenCalls(shop, { kind: "lost-after-commit" });
  expect(await tokens.migrate(shop, { retries: 0 })).toMatchObject({ outcome: "failed", retryable: true });
  // What is stored is the dead permanent token.
  expect((await h.row(shop))?.refreshToken).toBeNull();
  expect(await tokens.admin(shop).graphql("{ shop { id } }")).toMatchObject({ shop: {} });
  await h.expectCurrent(shop);
});

describe.concurrent("Shopify is unreachable", () => {
  test("an access token that still lives is used", async () => {
    const shop = await h.installExpired(-5 * 60_000);
    const before = await h.row(shop);
    await h.failTokenCalls(shop, { kind: "status", status: 503 }, 99);
    const tokens = h.process();
    const session = await tokens.getSession(shop);
    expect(session.accessToken).toBe(before?.accessToken);
    // To the libraries it is given without its expiry, or they would renew it by themselves.
    const idToken = await h.idToken(shop);
    const loaded = await tokens.withRequest({ kind: "admin", idToken }, () =>
      tokens.sessionStorage.loadSession(`offline_${shop}`),
    );
    expect(loaded?.isActive(undefined, 5 * 60_000)).toBe(true);
    expect(loaded?.refreshToken).toBeUndefined();
  });

  test("one that is over gives a transient error, and marks nobody", async () => {
    const shop = await h.installExpired();
    const fault = await h.failTokenCalls(shop, { kind: "status", status: 520, body: "text" }, 99);
    const tokens = h.process();
    await expect(tokens.getSession(shop)).rejects.toMatchObject({ code: "transient", reason: "http_520" });
    expect((await h.marks(shop)).needsReauthWhy).toBeNull();
    await h.sandbox.client.faults.remove(fault);
    await tokens.getSession(shop);
    await h.expectCurrent(shop);
  });

  test("a call that hangs is given up", async () => {
    const shop = await h.installExpired();
    await h.failTokenCalls(shop, { kind: "hang" });
    await h.process().getSession(shop);
    await h.expectNotOrphaned(shop);
    expect(await h.sandbox.client.ledger.isCurrentPair(shop, (await h.row(shop))!)).toBe(true);
  });
});

test.concurrent("Retry-After is kept by every process", async () => {
  const shop = await h.installExpired();
  await h.failTokenCalls(shop, { kind: "throttle", retryAfterSeconds: 4 });
  const [a, b] = [h.process(), h.process()];
  await expect(a.getSession(shop)).rejects.toMatchObject({
    code: "transient",
    reason: "throttled",
    retryAfterMs: 4_000,
  });
  await expect(b.getSession(shop)).rejects.toMatchObject({ code: "transient", reason: "retry_after" });
  await vi.waitFor(() => b.getSession(shop), { timeout: 10_000, interval: 100 });
  expect((await h.sandbox.client.ledger.retryAfterBroken()).filter((call) => call.shop === shop)).toEqual([]);
  await h.expectCurrent(shop);
});

describe.concurrent("incomplete pairs", () => {
  test.each(["expires_in", "refresh_token", "refresh_token_expires_in"] as const)(
    "without %s: refused",
    async (field) => {
      const shop = await h.install("permanent");
      const before = await h.row(shop);
      const fault = await h.failTokenCalls(shop, { kind: "omit", fields: [field] }, 3);
      const tokens = h.process();
      expect(await tokens.migrate(shop)).toMatchObject({ outcome: "failed", retryable: true });
      expect(await h.row(shop)).toEqual(before);
      await h.sandbox.client.faults.remove(fault);
      await expectMigratedSoon(tokens, shop);
    },
  );

  test("at a first open: a named error, nothing stored", async () => {
    const shop = await h.install("none");
    await h.failTokenCalls(shop, { kind: "omit", fields: ["expires_in", "refresh_token"] }, 3);
    const idToken = await h.idToken(shop);
    await expect(h.process().getSession(shop, { idToken })).rejects.toMatchObject({ code: "incomplete_pair" });
    expect(await h.row(shop)).toBeUndefined();
  });

  const PAIR = {
    access_token: `shpat_${"a".repeat(32)}`,
    refresh_token: `shprt_${"b".repeat(32)}`,
    expires_in: 3_600,
    refresh_token_expires_in: 7_776_000,
    scope: "read_products",
  };
  const answering = (fields: object): Effect => ({
    kind: "status",
    status: 200,
    body: { text: JSON.stringify({ ...PAIR, ...fields }), contentType: "application/json" },
  });

  test.each<[string, object]>([
    ["access_token", { access_token: 12_345 }],
    ["access_token", { access_token: { of: "what?" } }],
    ["access_token", { access_token: "shpat_a\u0000b" }],
    ["access_token", { access_token: "shpat_a\ud800b" }],
    ["expires_in", { expires_in: "soon" }],
    ["expires_in", { expires_in: 1e18 }],
    ["refresh_token", { refresh_token: 12_345 }],
    ["refresh_token", { refresh_token: "shprt_a\u0000b" }],
    ["refresh_token", { refresh_token: "" }],
    ["refresh_token", { refresh_token_expires_in: "later" }],
  ])("with %s that cannot be read %j: that shop's trouble alone", async (field, fields) => {
    const [shop, chain, other] = [await h.install("permanent"), await h.installExpired(), await h.install("permanent")];
    const before = [await h.row(shop), await h.row(chain)];
    for (const one of [shop, chain]) await h.failTokenCalls(one, answering(fields), 3);
    const tokens = h.process();
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "failed", code: `missing_${field}`, retryable: true });
    await expect(tokens.getSession(chain)).rejects.toMatchObject({ code: "incomplete_pair" });
    expect([await h.row(shop), await h.row(chain)]).toEqual(before);
    expect(await h.database.query(`SELECT FROM expand_contract."UnstoredPair"`)).toEqual([]);
    expect(await tokens.migrate(other)).toMatchObject({ outcome: "migrated" });
  });

  test.each<[string, object, object]>([
    ["an expiry as text", { expires_in: "3600" }, {}],
    ["expiries beyond what a database keeps", { expires_in: 1e12, refresh_token_expires_in: 1e12 }, {}],
    ["an expiry that has passed", { expires_in: -5 }, {}],
    ["a scope that is no text", { scope: ["write_orders"] }, { scope: "read_products,write_products" }],
    ["a scope with control characters", { scope: "a\u0000b" }, { scope: "read_products,write_products" }],
  ])("%s is no reason to lose a pair", async (_name, fields, kept) => {
    const shop = await h.install("permanent");
    await h.database.query(`UPDATE "Session" SET scope = 'read_products,write_products' WHERE shop = $1`, [shop]);
    await h.failTokenCalls(shop, answering(fields));
    expect(await h.process().migrate(shop)).toMatchObject({ outcome: "migrated", attempts: 1 });
    expect(await h.row(shop)).toMatchObject({ refreshToken: PAIR.refresh_token, ...kept });
  });

  test("without scope: the one that is known stays", async () => {
    const shop = await h.installExpired();
    const before = await h.row(shop);
    await h.failTokenCalls(shop, { kind: "omit", fields: ["scope"] });
    await h.process().getSession(shop);
    expect((await h.expectCurrent(shop)).scope).toBe(before?.scope);
  });
});

// One after the other: which answer Shopify chooses is the same for all shops.
test.each(["401-invalid-client", "400-application-cannot-be-found"] as const)(
  "wrong client secret (%s): a configuration error, nobody marked",
  async (wrongSecret) => {
    await h.sandbox.client.choices({ wrongSecret });
    const permanent = await h.install("permanent");
    const expired = await h.installExpired();
    const before = [await h.row(permanent), await h.row(expired)];
    const tokens = h.process({ api: createApi("shpss_00000000000000000000000000000000") });
    await expect(tokens.migrate(permanent)).rejects.toMatchObject({ code: "configuration" });
    await expect(tokens.getSession(expired)).rejects.toMatchObject({ code: "configuration" });
    expect([await h.row(permanent), await h.row(expired)]).toEqual(before);
    expect((await h.marks(permanent)).needsReauthWhy).toBeNull();
    expect((await h.marks(expired)).needsReauthWhy).toBeNull();
    await h.process().getSession(expired);
    await h.expectCurrent(expired);
  },
);

test.concurrent("an ID token of another shop, a stale one, and a forged one are refused without harm", async () => {
  const shop = await h.install("none");
  const tokens = h.process();
  for (const options of [{ wrongShop: "else.myshopify.com" }, { expired: true }, { wrongSignature: true }]) {
    const idToken = await h.sandbox.client.idToken(shop, options);
    await expect(tokens.getSession(shop, { idToken })).rejects.toMatchObject({ code: "invalid_id_token" });
  }
  expect(await h.row(shop)).toBeUndefined();
  await tokens.getSession(shop, { idToken: await h.idToken(shop) });
  await h.expectCurrent(shop);
});
