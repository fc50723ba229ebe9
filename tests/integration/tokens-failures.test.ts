// Proves that no failed or lost call loses a shop.
import { describe, expect, test } from "vitest";
import type { Effect } from "../../sandbox/platform/types.ts";
import { countRemainingTokens } from "../../app/tokens/index.ts";
import { createApi, DAY_MS, HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();

const LOST: Effect["kind"][] = ["lost-before-commit", "lost-after-commit", "reset"];

async function fail(shop: string, effect: Effect, times = 1): Promise<void> {
  await h.sandbox.client.faults.add({ shop, endpoint: "token", times, effect });
}

describe.each(LOST)("an answer is lost: %s", (kind) => {
  const effect = { kind } as Effect;

  test("refresh: the same stored token again", async () => {
    const shop = await h.install("expiring");
    const before = await h.row(shop);
    await h.advance(2 * HOUR_MS);
    await fail(shop, effect);
    await h.process().getSession(shop);
    const row = await h.expectCurrent(shop);
    expect(row.refreshToken).not.toBe(before?.refreshToken);
    const presented = (await h.tokenCalls(shop)).map((call) => call.presented).filter(Boolean);
    expect(new Set(presented).size).toBe(1);
  });

  test("migrate: the same permanent token again", async () => {
    const shop = await h.install("permanent");
    await fail(shop, effect);
    expect(await h.process().migrate(shop)).toMatchObject({ outcome: "migrated", attempts: 2 });
    await h.expectCurrent(shop);
  });

  test("exchange: the same ID token again", async () => {
    const shop = await h.install("none");
    await fail(shop, effect);
    await h.process().getSession(shop, { idToken: await h.idToken(shop) });
    await h.expectCurrent(shop);
  });

  test("all answers lost: nothing is decided, and later it works", async () => {
    const shop = await h.install("permanent");
    const tokens = h.process();
    await fail(shop, effect, 3);
    expect(await tokens.migrate(shop)).toMatchObject({
      outcome: "failed",
      code: "network",
      retryable: true,
      attempts: 3,
    });
    expect((await h.marks(shop)).needsReauthWhy).toBeNull();
    await h.expectNotOrphaned(shop);
    await expect.poll(() => tokens.migrate(shop), { timeout: 5_000 }).toMatchObject({ outcome: "migrated" });
    await h.expectCurrent(shop);
  });
});

test("a permanent token spent by a lost migration is healed by the first 401", async () => {
  const shop = await h.install("permanent");
  const tokens = h.process();
  await fail(shop, { kind: "lost-after-commit" });
  expect(await tokens.migrate(shop, { retries: 0 })).toMatchObject({ outcome: "failed", retryable: true });
  // What is stored is the dead permanent token.
  expect((await h.row(shop))?.refreshToken).toBeNull();
  expect(await tokens.admin(shop).graphql("{ shop { id } }")).toMatchObject({ shop: {} });
  await h.expectCurrent(shop);
});

describe("Shopify is unreachable", () => {
  test("an access token that still lives is used", async () => {
    const shop = await h.install("expiring");
    const before = await h.row(shop);
    await h.advance(55 * 60_000);
    await fail(shop, { kind: "status", status: 503 }, 99);
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
    const shop = await h.install("expiring");
    await h.advance(2 * HOUR_MS);
    await fail(shop, { kind: "status", status: 520, body: "text" }, 99);
    const tokens = h.process();
    await expect(tokens.getSession(shop)).rejects.toMatchObject({ code: "transient", reason: "http_520" });
    expect((await h.marks(shop)).needsReauthWhy).toBeNull();
    await h.sandbox.client.faults.clear();
    await tokens.getSession(shop);
    await h.expectCurrent(shop);
  });

  test("a call that hangs is given up", async () => {
    const shop = await h.install("expiring");
    await h.advance(2 * HOUR_MS);
    await fail(shop, { kind: "hang" });
    await h.process().getSession(shop);
    await h.expectNotOrphaned(shop);
    expect(await h.sandbox.client.ledger.isCurrentPair(shop, (await h.row(shop))!)).toBe(true);
  });
});

test("Retry-After is kept by every process", async () => {
  const shop = await h.install("expiring");
  await h.advance(2 * HOUR_MS);
  await fail(shop, { kind: "throttle", retryAfterSeconds: 4 });
  const [a, b] = [h.process(), h.process()];
  await expect(a.getSession(shop)).rejects.toMatchObject({
    code: "transient",
    reason: "throttled",
    retryAfterMs: 4_000,
  });
  await expect(b.getSession(shop)).rejects.toMatchObject({ code: "transient", reason: "retry_after" });
  await expect
    .poll(
      () =>
        b.getSession(shop).then(
          () => true,
          () => false,
        ),
      { timeout: 10_000, interval: 100 },
    )
    .toBe(true);
  expect((await h.sandbox.client.ledger.retryAfterBroken()).filter((call) => call.shop === shop)).toEqual([]);
  await h.expectCurrent(shop);
});

describe("incomplete pairs", () => {
  test.each(["expires_in", "refresh_token", "refresh_token_expires_in"] as const)(
    "without %s: refused",
    async (field) => {
      const shop = await h.install("permanent");
      const before = await h.row(shop);
      await fail(shop, { kind: "omit", fields: [field] }, 3);
      const tokens = h.process();
      expect(await tokens.migrate(shop)).toMatchObject({ outcome: "failed", retryable: true });
      expect(await h.row(shop)).toEqual(before);
      await h.sandbox.client.faults.clear();
      await expect.poll(() => tokens.migrate(shop), { timeout: 5_000 }).toMatchObject({ outcome: "migrated" });
      await h.expectCurrent(shop);
    },
  );

  test("at a first open: a named error, nothing stored", async () => {
    const shop = await h.install("none");
    await fail(shop, { kind: "omit", fields: ["expires_in", "refresh_token"] }, 3);
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
    const [shop, chain, other] = [
      await h.install("permanent"),
      await h.install("expiring"),
      await h.install("permanent"),
    ];
    const before = [await h.row(shop), await h.row(chain)];
    for (const one of [shop, chain]) await fail(one, answering(fields), 3);
    const tokens = h.process();
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "failed", code: `missing_${field}`, retryable: true });
    await h.advance(2 * HOUR_MS);
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
    await fail(shop, answering(fields));
    expect(await h.process().migrate(shop)).toMatchObject({ outcome: "migrated", attempts: 1 });
    expect(await h.row(shop)).toMatchObject({ refreshToken: PAIR.refresh_token, ...kept });
  });

  test("without scope: the one that is known stays", async () => {
    const shop = await h.install("expiring");
    const before = await h.row(shop);
    await h.advance(2 * HOUR_MS);
    await fail(shop, { kind: "omit", fields: ["scope"] });
    await h.process().getSession(shop);
    expect((await h.expectCurrent(shop)).scope).toBe(before?.scope);
  });
});

test.each(["401-invalid-client", "400-application-cannot-be-found"] as const)(
  "wrong client secret (%s): a configuration error, nobody marked",
  async (wrongSecret) => {
    await h.sandbox.client.choices({ wrongSecret });
    const permanent = await h.install("permanent");
    const expired = await h.install("expiring");
    await h.advance(2 * HOUR_MS);
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

describe("a dead chain", () => {
  test("is recorded once, asks Shopify no more, and heals by the merchant's next visit", async () => {
    const shop = await h.install("expiring");
    await h.advance(2 * HOUR_MS);
    await h.sandbox.client.revokeTokens(shop);
    const stored: string[] = [];
    const tokens = h.process({ onPairStored: (name, how) => void stored.push(`${name} ${how}`) });
    for (let i = 0; i < 3; i++) {
      await expect(tokens.getSession(shop)).rejects.toMatchObject({
        code: "reauthorization_required",
        reason: "refresh_token_refused",
      });
    }
    expect(await h.tokenCalls(shop)).toHaveLength(1);
    expect((await h.marks(shop)).needsReauthWhy).toBe("refresh_token_refused");
    expect(await tokens.shopsToKeepAlive(new Date(h.now() + DAY_MS), 1_000)).not.toContain(shop);

    await tokens.getSession(shop, { idToken: await h.idToken(shop) });
    await h.expectCurrent(shop);
    expect((await h.marks(shop)).needsReauthWhy).toBeNull();
    await expect.poll(() => stored).toEqual([`${shop} acquired`]);
  });

  test("of 90 days is known without asking", async () => {
    const shop = await h.install("expiring");
    await h.advance(91 * DAY_MS);
    await expect(h.process().getSession(shop)).rejects.toMatchObject({ reason: "refresh_token_expired" });
    expect(await h.tokenCalls(shop)).toHaveLength(0);
    expect((await h.marks(shop)).needsReauthWhy).toBe("refresh_token_expired");
  });

  test("with 400 invalid_grant, and with a merchant at hand: healed in one go", async () => {
    await h.sandbox.client.choices({ refusedRefresh: "400-invalid-grant" });
    const shop = await h.install("expiring");
    await h.advance(2 * HOUR_MS);
    await h.sandbox.client.revokeTokens(shop);
    await h.process().getSession(shop, { idToken: await h.idToken(shop) });
    await h.expectCurrent(shop);
    await h.sandbox.client.choices({ refusedRefresh: "401-invalid-request" });
  });
});

describe("frozen, locked, closed", () => {
  test.each(["freeze", "lock", "close"] as const)("%s: suspended, everything kept, healed by itself", async (verb) => {
    const [permanent, expiring] = [await h.install("permanent"), await h.install("expiring")];
    await h.advance(2 * HOUR_MS);
    const before = [await h.row(permanent), await h.row(expiring)];
    const tokens = h.process();
    for (const shop of [permanent, expiring]) await h.sandbox.client[verb](shop);

    expect(await tokens.migrate(permanent)).toMatchObject({ outcome: "suspended", retryable: true });
    await expect(tokens.getSession(expiring)).rejects.toMatchObject({ code: "shop_suspended" });
    await expect(tokens.admin(permanent).graphql("{ shop { id } }")).rejects.toMatchObject({ code: "shop_suspended" });
    expect([await h.row(permanent), await h.row(expiring)]).toEqual(before);
    expect((await h.marks(permanent)).suspendedWhy).not.toBeNull();

    for (const shop of [permanent, expiring]) await h.sandbox.client.reopen(shop);
    await tokens.admin(expiring).graphql("{ shop { id } }");
    await h.expectCurrent(expiring);
    expect((await h.marks(expiring)).suspendedWhy).toBeNull();
    await h.process().admin(permanent).graphql("{ shop { id } }");
    expect((await h.marks(permanent)).suspendedWhy).toBeNull();
  });
});

describe("an ambiguous invalid_subject_token", () => {
  const refused: Effect = {
    kind: "status",
    status: 400,
    body: { text: '{"error":"invalid_subject_token"}', contentType: "application/json" },
  };

  test("the Admin API refuses the token too: needs re-authorization, not permanent any more", async () => {
    const shop = await h.install("permanent");
    await h.sandbox.client.revokeTokens(shop);
    const tokens = h.process();
    const before = await h.row(shop);
    expect(await tokens.migrate(shop)).toMatchObject({
      outcome: "needs_reauthorization",
      code: "permanent_token_spent",
      retryable: false,
    });
    const row = await h.row(shop);
    expect(row?.accessToken).toBe(before?.accessToken);
    expect(row?.expires).not.toBeNull();
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "needs_reauthorization" });
    await tokens.getSession(shop, { idToken: await h.idToken(shop) });
    await h.expectCurrent(shop);
  });

  test("the Admin API accepts it: not exchangeable, at once; kept in use, and offered again by a run or after a day", async () => {
    const shop = await h.install("permanent");
    const before = await h.row(shop);
    await h.sandbox.client.faults.add({ shop, grant: "migration", effect: refused });
    const tokens = h.process({ phase: "contract" });
    const outcome = { outcome: "not_exchangeable", code: "not_exchangeable", retryable: false, attempts: 1 };
    expect(await tokens.migrate(shop)).toMatchObject(outcome);
    expect(await h.row(shop)).toEqual(before);
    expect((await h.marks(shop)).needsReauthWhy).toBeNull();
    await tokens.admin(shop).graphql("{ shop { id } }");
    expect(await h.tokenCalls(shop)).toHaveLength(1);
    expect(await tokens.migrate(shop)).toMatchObject(outcome);
    expect(await countRemainingTokens({ db: tokens.prisma })).toMatchObject({ not_exchangeable: 1 });
    await tokens.getSession(shop, { idToken: await h.idToken(shop) });
    await h.expectCurrent(shop);
    expect(await countRemainingTokens({ db: tokens.prisma })).not.toHaveProperty("not_exchangeable");

    const later = await h.install("permanent");
    await fail(later, refused);
    await tokens.migrate(later);
    await h.database.query(`UPDATE expand_contract."ShopToken" SET "notExchangeableAt" = now() - interval '25 hours'`);
    await tokens.getSession(later);
    await h.expectCurrent(later);
  });

  test("the Admin API refuses it too, for being permanent: needs re-authorization, kept, and a merchant's visit heals", async () => {
    await h.sandbox.client.choices({ enforcement: "on" });
    const shop = await h.install("permanent");
    await h.sandbox.client.faults.add({ shop, grant: "migration", effect: refused });
    const tokens = h.process();
    const before = await h.row(shop);
    expect(await tokens.migrate(shop)).toMatchObject({
      outcome: "needs_reauthorization",
      code: "permanent_token_not_accepted",
    });
    expect((await h.row(shop))?.accessToken).toBe(before?.accessToken);
    await tokens.admin(shop, { idToken: await h.idToken(shop) }).graphql("{ shop { id } }");
    await h.expectCurrent(shop);
    await h.sandbox.client.choices({ enforcement: "off" });
  });

  test("somebody stored a pair meanwhile: already expiring", async () => {
    const shop = await h.install("permanent");
    await h.sandbox.client.faults.add({ shop, endpoint: "token", effect: { kind: "latency", beforeMs: 400 } });
    await h.sandbox.client.faults.add({ shop, endpoint: "token", effect: refused });
    const running = h.process().migrate(shop);
    await expect.poll(async () => (await h.tokenCalls(shop)).length).toBe(1);
    await h.database.query(
      `UPDATE "Session" SET "accessToken" = 'shpat_other', "refreshToken" = 'shprt_other', expires = now() + interval '1 hour'
       WHERE id = $1`,
      [`offline_${shop}`],
    );
    expect(await running).toMatchObject({ outcome: "already_expiring" });
  });

  test("the Admin API cannot be asked: transient", async () => {
    const shop = await h.install("permanent");
    await fail(shop, refused);
    await h.sandbox.client.faults.add({ shop, endpoint: "graphql", effect: { kind: "status", status: 503 } });
    expect(await h.process().migrate(shop)).toMatchObject({
      outcome: "failed",
      code: "refused_and_not_probed",
      retryable: true,
    });
    expect((await h.marks(shop)).needsReauthWhy).toBeNull();
  });

  test("the shop is frozen when it is probed: suspended", async () => {
    const shop = await h.install("permanent");
    await fail(shop, refused);
    await h.sandbox.client.faults.add({ shop, endpoint: "graphql", effect: { kind: "status", status: 402 } });
    expect(await h.process().migrate(shop)).toMatchObject({ outcome: "suspended", code: "frozen" });
  });

  test("a refusal right after a lost answer is not believed", async () => {
    const shop = await h.install("permanent");
    await h.sandbox.client.revokeTokens(shop);
    await h.sandbox.client.faults.add({ shop, endpoint: "token", script: [{ kind: "reset" }] });
    const tokens = h.process();
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "failed", code: "refused_after_lost_answer" });
    await h.outliveLostCall(shop);
    await expect
      .poll(() => tokens.migrate(shop), { timeout: 5_000 })
      .toMatchObject({ outcome: "needs_reauthorization" });
  });
});

test("an ID token of another shop, a stale one, and a forged one are refused without harm", async () => {
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
