// Proves that a chain or a permanent token that Shopify refuses is probed before it is judged, and what each verdict leaves behind.
import { describe, expect, test } from "vitest";
import type { Effect } from "../../sandbox/platform/types.ts";
import { countRemainingTokens } from "../../app/tokens/index.ts";
import { DAY_MS, HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();

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
    await h.failTokenCalls(later, refused);
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
    await h.failTokenCalls(shop, refused);
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
    await h.failTokenCalls(shop, refused);
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
