// Proves that a holder of a shop's lease which dies, comes late or loses an answer harms no pair and marks no living shop dead.
import pg from "pg";
import { expect, test } from "vitest";
import { HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();

test("a holder that died is replaced when its lease has run out", async () => {
  const shop = await h.install("expiring");
  await h.advance(2 * HOUR_MS);
  await h.database.query(
    `INSERT INTO expand_contract."ShopToken" (shop, "leaseOwner", "leaseExpiresAt") VALUES ($1, 'killed', clock_timestamp() + interval '1 hour')`,
    [shop],
  );
  const waiting = h.process().getSession(shop);
  await h.endLease(shop);
  await waiting;
  await h.expectCurrent(shop);
});

test("a taker that waited for a holder's write acts upon what was written, not upon what it saw when it began", async () => {
  const shop = await h.install("expiring");
  await h.advance(2 * HOUR_MS);
  await h.database.query(`INSERT INTO expand_contract."ShopToken" (shop) VALUES ($1)`, [shop]);
  const holder = new pg.Client({ connectionString: h.database.url });
  await holder.connect();
  await holder.query("BEGIN");
  await holder.query(`UPDATE expand_contract."ShopToken" SET generation = generation + 1 WHERE shop = $1`, [shop]);
  await holder.query(
    `UPDATE "Session" SET "accessToken" = 'shpat_newer', expires = $2::timestamptz AT TIME ZONE 'UTC' WHERE shop = $1`,
    [shop, new Date(h.now() + HOUR_MS).toISOString()],
  );

  const taking = h.process().getSession(shop);
  await expect
    .poll(() =>
      h.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      ),
    )
    .toHaveLength(1);
  await holder.query("COMMIT");
  await holder.end();

  expect((await taking).accessToken).toBe("shpat_newer");
  expect(await h.tokenCalls(shop)).toEqual([]);
});

test("a refusal met by the successor of a holder that may still be at it marks nobody dead", async () => {
  await h.sandbox.client.choices({ concurrentRefresh: "refused" });
  const shop = await h.install("expiring");
  const [late, quick] = [h.process(), h.process()];
  await h.advance(2 * HOUR_MS);
  const fault = await h.sandbox.client.faults.add({ shop, times: 1, effect: { kind: "latency", afterMs: 500 } });
  const lateSession = late.getSession(shop);
  await expect.poll(async () => (await h.tokenCalls(shop)).length).toBe(1);
  await h.sandbox.client.faults.remove(fault);
  await h.endLease(shop);
  await expect(quick.getSession(shop)).rejects.toMatchObject({
    code: "transient",
    reason: "refused_after_lost_answer",
  });
  expect((await h.marks(shop)).needsReauthWhy).toBeNull();
  await lateSession;
  expect((await quick.getSession(shop)).accessToken).toBe((await h.row(shop))?.accessToken);
  expect((await h.marks(shop)).needsReauthWhy).toBeNull();
  await h.sandbox.client.choices({ concurrentRefresh: "new-pair" });
});

test("an answer lost in one hold of the lease is remembered in the next: the refusal that runs into it marks nobody dead", async () => {
  await h.sandbox.client.choices({ concurrentRefresh: "refused" });
  const shop = await h.install("expiring");
  const [first, next] = [h.process(), h.process()];
  await h.advance(2 * HOUR_MS);
  // The first one's call is committed and its answer sticks for longer than anybody waits.
  await h.sandbox.client.faults.add({ shop, endpoint: "token", times: 1, effect: { kind: "latency", afterMs: 5_500 } });
  await expect(first.getSession(shop)).rejects.toMatchObject({ code: "transient" });
  await expect
    .poll(() => next.getSession(shop).catch((error: { reason: string }) => error.reason), { timeout: 3_000 })
    .toBe("refused_after_lost_answer");
  expect((await h.tokenCalls(shop)).at(-1)?.status).toBe(401);
  expect((await h.marks(shop)).needsReauthWhy).toBeNull();
  expect(await next.shopsToReconcile(1_000)).not.toContain(shop);

  // The stuck call ends at Shopify, and the chain lives.
  await expect
    .poll(() => next.getSession(shop).catch(() => undefined), { timeout: 9_000, interval: 200 })
    .toBeDefined();
  await h.expectCurrent(shop);
  await h.sandbox.client.choices({ concurrentRefresh: "new-pair" });
}, 30_000);

test("a process that is about to end begins no call, and leaves the shop as it was", async () => {
  const shop = await h.install("expiring");
  await h.advance(2 * HOUR_MS);
  let mayCall = false;
  const tokens = h.process({ mayCall: () => mayCall });
  await expect(tokens.getSession(shop)).rejects.toMatchObject({ code: "transient", reason: "process_ending" });
  expect(await h.tokenCalls(shop)).toEqual([]);
  mayCall = true;
  await expect.poll(() => tokens.getSession(shop).catch(() => undefined), { timeout: 4_000 }).toBeDefined();
  await h.expectCurrent(shop);
});

test("a refusal long after a lost answer is believed", async () => {
  const shop = await h.install("expiring");
  await h.advance(2 * HOUR_MS);
  const tokens = h.process();
  await h.sandbox.client.faults.add({ shop, endpoint: "token", times: 1, effect: { kind: "reset" } });
  await h.sandbox.client.revokeTokens(shop);
  await expect(tokens.getSession(shop)).rejects.toMatchObject({ reason: "refused_after_lost_answer" });
  await h.outliveLostCall(shop);
  await expect
    .poll(() => tokens.getSession(shop).catch((error: { code: string }) => error.code), { timeout: 4_000 })
    .toBe("reauthorization_required");
});

test("a holder that comes back late cannot write over the pair of its successor", async () => {
  const shop = await h.install("expiring");
  const [late, quick] = [h.process(), h.process()];
  await h.advance(2 * HOUR_MS);
  // The late one's call is answered, but slowly; meanwhile its lease is taken from it as if it had run out.
  const fault = await h.sandbox.client.faults.add({ shop, times: 1, effect: { kind: "latency", afterMs: 700 } });
  const lateSession = late.getSession(shop);
  await expect.poll(async () => (await h.tokenCalls(shop)).length).toBe(1);
  await h.sandbox.client.faults.remove(fault);
  await h.endLease(shop);
  const quickSession = await quick.getSession(shop);
  const afterQuick = await h.row(shop);
  expect(afterQuick?.accessToken).toBe(quickSession.accessToken);

  await lateSession;
  const row = await h.row(shop);
  expect(await h.sandbox.client.ledger.orphans([row!])).toEqual([]);
  expect(await h.sandbox.client.ledger.isCurrentPair(shop, row!)).toBe(true);
  expect((await h.marks(shop)).needsReauthWhy).toBeNull();
});

test("a late holder whose pair turns out to be the newer one saves it", async () => {
  const shop = await h.install("expiring");
  const [late, quick] = [h.process(), h.process()];
  await h.advance(2 * HOUR_MS);
  // Now the late one's call is slow on its way in: Shopify carries it out after its successor's, and replaces that one's pair.
  const fault = await h.sandbox.client.faults.add({ shop, times: 1, effect: { kind: "latency", beforeMs: 700 } });
  const lateSession = late.getSession(shop);
  await expect.poll(async () => (await h.tokenCalls(shop)).length).toBe(1);
  await h.sandbox.client.faults.remove(fault);
  await h.endLease(shop);
  await quick.getSession(shop);

  const { accessToken } = await lateSession;
  const row = (await h.row(shop))!;
  expect(row.accessToken).toBe(accessToken);
  expect(await h.sandbox.client.ledger.orphans([row])).toEqual([]);
  expect(await h.sandbox.client.ledger.isCurrentPair(shop, row)).toBe(true);
});

test("a late holder whose token is over by then marks nobody dead", async () => {
  const shop = await h.install("expiring");
  const [late, quick] = [h.process(), h.process()];
  await h.advance(2 * HOUR_MS);
  const fault = await h.sandbox.client.faults.add({ shop, times: 1, effect: { kind: "latency", beforeMs: 900 } });
  const lateSession = late.getSession(shop);
  await expect.poll(async () => (await h.tokenCalls(shop)).length).toBe(1);
  await h.sandbox.client.faults.remove(fault);
  await h.endLease(shop);
  await quick.getSession(shop);
  await quick.refresh(shop);

  expect((await lateSession).accessToken).toBe((await h.row(shop))?.accessToken);
  expect((await h.marks(shop)).needsReauthWhy).toBeNull();
  expect(await h.sandbox.client.ledger.isCurrentPair(shop, (await h.row(shop))!)).toBe(true);
});
