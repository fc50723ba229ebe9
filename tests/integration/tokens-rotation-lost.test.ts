// Proves that an answer which was lost before a rotation of the client secret is found again, and holds the revocation back until then.
import { describe, expect, test } from "vitest";
import { rotationHarness } from "./rotation-harness.ts";
import { DAY_MS } from "./tokens-harness.ts";

const { h, rotation } = rotationHarness();

describe("a migration whose answer was lost before the rotation", () => {
  async function lostMigration() {
    const { before, rotate } = rotation();
    const shop = await h.install("permanent");
    await h.sandbox.client.faults.add({ shop, grant: "migration", effect: { kind: "lost-after-commit" } });
    expect(await before.migrate(shop, { retries: 0 })).toMatchObject({ outcome: "failed", retryable: true });
    await h.sandbox.client.faults.clear();
    await h.outliveLostCall(shop);
    await h.database.query(`UPDATE expand_contract."ShopToken" SET "leaseOwner" = NULL WHERE shop = $1`, [shop]);
    return { shop, now: await rotate() };
  }

  test("holds the revocation back with a date, and is asked for again with the credentials that asked", async () => {
    const { shop, now } = await lostMigration();
    const tokens = now.process();
    const report = await tokens.rotation();
    expect(report).toMatchObject({ openRetries: 1, permanentTokens: 1, mayRevoke: false });
    const daysLeft = (Date.parse(report.notBefore!) - Date.now()) / DAY_MS;
    expect(daysLeft).toBeGreaterThan(6.9);
    expect(daysLeft).toBeLessThan(7);
    expect(report.blockers.join()).toContain(`not before ${report.notBefore}`);

    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "migrated" });
    await h.expectCurrent(shop);
    expect(await tokens.rotation({ shops: 1 })).toMatchObject({
      openRetries: 0,
      pinned: 1,
      shops: [{ why: "previous" }],
    });
    expect(await tokens.repin(shop)).toMatchObject({ outcome: "refreshed" });
    expect(await tokens.rotation()).toMatchObject({ mayRevoke: true });
    await h.sandbox.client.revokeOldSecrets();
    await now.alone().refresh(shop);
    await h.expectCurrent(shop);
  });

  test("is lost to the new secret alone: the shop needs its merchant", async () => {
    const { shop, now } = await lostMigration();
    expect(await now.alone().migrate(shop)).toMatchObject({ outcome: "needs_reauthorization" });
  });

  test("no longer holds it back once its seven days are over", async () => {
    const { shop, now } = await lostMigration();
    await h.database.query(
      `UPDATE expand_contract."ShopToken" SET "answerLostAt" = now() - interval '7 days 1 minute' WHERE shop = $1`,
      [shop],
    );
    expect(await now.process().rotation()).toMatchObject({ openRetries: 0, notBefore: null });
  });

  test("does not stop a run when the previous secret is revoked already", async () => {
    const { shop, now } = await lostMigration();
    await h.sandbox.client.revokeOldSecrets();
    const answers: string[] = [];
    const gate = async <T extends object>(call: () => Promise<T>) => {
      const answer = await call();
      if ("verdict" in answer) answers.push((answer.verdict as { kind: string }).kind);
      return answer;
    };
    expect(await now.process().migrate(shop, { gate })).toMatchObject({ outcome: "needs_reauthorization" });
    expect(answers).not.toContain("configuration");
  });
});

test("after a refresh whose answer was lost, the pair that comes again may be the old secret's: it is refreshed once more", async () => {
  const { before, rotate } = rotation();
  const shop = await h.install("expiring");
  await h.sandbox.client.faults.add({ shop, grant: "refresh", effect: { kind: "lost-after-commit" } });
  await expect(before.refresh(shop)).rejects.toMatchObject({ code: "transient" });
  await h.sandbox.client.faults.clear();
  await h.database.query(`UPDATE expand_contract."ShopToken" SET "leaseOwner" = NULL WHERE shop = $1`, [shop]);
  const now = await rotate();
  expect(await now.process().repin(shop)).toMatchObject({ outcome: "refreshed" });
  expect(await now.process().rotation()).toMatchObject({ pinned: 0, mayRevoke: true });
  expect(await h.sandbox.client.revokeOldSecrets()).toEqual({ endedShops: 0 });
  await now.alone().admin(shop).graphql("{ shop { id } }");
  // Three that were lost, and two of the rotation.
  expect(await h.refreshes(shop)).toBe(5);
  await now.alone().refresh(shop);
  await h.expectCurrent(shop);
});
