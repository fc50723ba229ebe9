// Proves a rotation of the client secret: what is pinned to the old one is known, repinned once, and nothing is lost when the old one is revoked.
import { beforeEach, describe, expect, test } from "vitest";
import { makeTokenKey, parseTokenKeys, ReauthorizationRequiredError } from "../../app/tokens/index.ts";
import { clientSecretFingerprint } from "../../app/tokens/rotation/client-secret.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { createApi, DAY_MS, HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();

beforeEach(async () => {
  await h.sandbox.client.reset();
  await h.database.query(`DELETE FROM "Session"`);
  await h.database.query(`DELETE FROM expand_contract."ShopToken"`);
});

test("an ID token that the old secret signed, as all are until it is revoked, brings a chain of the new one", async () => {
  const { rotate } = h.rotation();
  const shop = await h.install("none");
  const now = await rotate();
  const idToken = await h.idToken(shop);
  await expect(now.alone().getSession(shop, { idToken })).rejects.toMatchObject({ code: "invalid_id_token" });
  await now.process().getSession(shop, { idToken });
  await h.expectCurrent(shop);
  await h.sandbox.client.revokeOldSecrets();
  await h.advance(2 * HOUR_MS);
  await now.alone().getSession(shop);
  await h.expectCurrent(shop);
});

const refreshes = async (shop: string) => (await h.tokenCalls(shop)).filter(({ grant }) => grant === "refresh").length;

test("every chain is refreshed once, by whoever comes first; then the old secret is revoked and no shop notices", async () => {
  const { before, rotate } = h.rotation();
  const made = await h.install("expiring");
  await before.refresh(made);
  const idle = await h.install("expiring");
  const busy = await h.install("expiring");
  expect(await before.rotation()).toMatchObject({ rotating: false, chains: 3, pinned: 2, pinnedUnknown: 2 });

  const now = await rotate();
  const [one, other] = [now.process(), now.process()];
  const report = await one.rotation({ shops: 10 });
  expect(report).toMatchObject({ rotating: true, chains: 3, pinned: 3, pinnedUnknown: 2, mayRevoke: false });
  expect(report.shops).toContainEqual({ shop: made, why: "previous", suspended: null });
  expect(report.shops).toContainEqual({ shop: idle, why: "unknown", suspended: null });
  expect(report.blockers).toEqual([
    expect.stringMatching(/^3 chains still pinned: 1 made with the previous secret, 2/),
  ]);

  await other.refresh(busy);
  const asked = await Promise.all(
    [one, other].flatMap((tokens) => [made, idle, busy].map((shop) => tokens.repin(shop))),
  );
  expect(asked.every(({ outcome }) => outcome === "refreshed" || outcome === "current")).toBe(true);
  expect(await Promise.all([made, idle, busy].map(refreshes))).toEqual([2, 1, 1]);
  for (const shop of [made, idle, busy]) {
    expect(await one.repin(shop)).toEqual({ shop, outcome: "current", code: "current" });
    await h.expectCurrent(shop);
  }
  expect(await Promise.all([made, idle, busy].map(refreshes))).toEqual([2, 1, 1]);
  expect(await other.rotation({ shops: 10 })).toMatchObject({ pinned: 0, mayRevoke: true, blockers: [], shops: [] });

  expect(await h.sandbox.client.revokeOldSecrets()).toEqual({ endedShops: 0 });
  const after = now.alone();
  for (const wait of [0, 2 * HOUR_MS]) {
    await h.advance(wait);
    for (const shop of [made, idle, busy]) {
      await after.admin(shop).graphql("{ shop { id } }");
      await h.expectCurrent(shop);
    }
    // What was stored still lives, and can be refreshed.
    expect(await Promise.all([made, idle, busy].map(refreshes))).toEqual(wait ? [3, 2, 2] : [2, 1, 1]);
  }
});

test("what another release stored counts as pinned, whatever was on record before", async () => {
  const { before, rotate } = h.rotation();
  const shop = await h.install("expiring");
  const old = await h.row(shop);
  const now = await rotate();
  await now.process().repin(shop);
  expect((await now.process().rotation()).pinned).toBe(0);
  await h.overwrite(old!);
  expect(await now.process().rotation({ shops: 1 })).toMatchObject({ pinned: 1, pinnedUnknown: 1, shops: [{ shop }] });
  // An instance that was not restarted refreshes with the old secret.
  await before.refresh(shop);
  expect(await now.process().rotation({ shops: 1 })).toMatchObject({ pinned: 1, shops: [{ shop, why: "previous" }] });
});

test("the record tells nothing of the secret, and is of the app", async () => {
  const print = clientSecretFingerprint(createApi())!;
  expect(print).toMatch(/^[0-9a-f]{32}$/);
  expect(print).not.toBe(clientSecretFingerprint(createApi("shpss_another")));
  const another = createApi();
  another.config.apiKey = "another-app";
  expect(print).not.toBe(clientSecretFingerprint(another));
  const shop = await h.install("expiring");
  await h.process().refresh(shop);
  const rows = JSON.stringify(await h.database.query(`SELECT * FROM expand_contract."ShopToken"`));
  expect(rows).toContain(print);
  expect(rows).not.toContain(TEST_APP.clientSecret);
});

describe("a migration whose answer was lost before the rotation", () => {
  async function lostMigration() {
    const { before, rotate } = h.rotation();
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
  const { before, rotate } = h.rotation();
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
  expect(await refreshes(shop)).toBe(5);
  await now.alone().refresh(shop);
  await h.expectCurrent(shop);
});

test("frozen shops stay pinned and are named; chains that are over count no more; a chain that ended says so", async () => {
  const { before, rotate } = h.rotation();
  const [frozen, dead, ended] = [await h.install("expiring"), await h.install("expiring"), await h.install("expiring")];
  await h.sandbox.client.revokeTokens(dead);
  await expect(before.refresh(dead)).rejects.toBeInstanceOf(ReauthorizationRequiredError);
  await h.sandbox.client.revokeTokens(ended);
  await h.sandbox.client.freeze(frozen);
  const tokens = (await rotate()).process();
  expect((await tokens.rotation()).pinned).toBe(2);
  expect(await tokens.repin(frozen)).toMatchObject({ outcome: "suspended" });
  expect(await tokens.repin(ended)).toMatchObject({ outcome: "needs_reauthorization" });
  expect(await tokens.rotation({ shops: 9 })).toMatchObject({
    pinned: 1,
    pinnedSuspended: 1,
    mayRevoke: false,
    shops: [{ shop: frozen, why: "unknown", suspended: "frozen" }],
  });
  await h.sandbox.client.reopen(frozen);
  expect(await tokens.repin(frozen)).toMatchObject({ outcome: "refreshed" });
  expect((await tokens.rotation()).mayRevoke).toBe(true);
});

test("permanent tokens end with it, too: those to migrate and those of suspended shops hold it back, those that are over do not", async () => {
  const { before, rotate } = h.rotation();
  const [left, frozen, gone] = [
    await h.install("permanent"),
    await h.install("permanent"),
    await h.install("permanent"),
  ];
  await h.sandbox.client.freeze(frozen);
  await h.sandbox.client.uninstall(gone, { webhook: false });
  for (const shop of [frozen, gone]) await before.migrate(shop);
  const tokens = (await rotate()).process();
  const report = await tokens.rotation();
  expect(report).toMatchObject({ permanentTokens: 1, permanentSuspended: 1, pinned: 0, mayRevoke: false });
  expect(report.blockers).toEqual([
    expect.stringMatching(/^1 permanent token end.*migrate first/),
    expect.stringMatching(/^1 permanent token of shops that are suspended/),
  ]);
  await tokens.migrate(left);
  await h.sandbox.client.reopen(frozen);
  await tokens.migrate(frozen);
  expect(await tokens.rotation()).toMatchObject({ chains: 2, pinned: 0, mayRevoke: true });
});

test("the old secret revoked first: shops are marked one by one, and a visit heals each without a question", async () => {
  const { before, rotate } = h.rotation();
  const shop = await h.install("expiring");
  await before.refresh(shop);
  const now = await rotate();
  expect((await h.sandbox.client.revokeOldSecrets()).endedShops).toBe(1);
  const tokens = now.process();
  await expect(tokens.admin(shop, { background: true }).graphql("{ shop { id } }")).rejects.toMatchObject({
    code: "reauthorization_required",
  });
  expect(await tokens.repin(shop)).toMatchObject({ outcome: "current" });
  const idToken = await h.idToken(shop);
  await tokens.getSession(shop, { idToken });
  await h.expectCurrent(shop);
  expect(await tokens.rotation()).toMatchObject({ pinned: 0, mayRevoke: true });
});

test("sealed rows say the same", async () => {
  const shop = await h.install("expiring");
  const { before, rotate } = h.rotation({ encryption: { keys: parseTokenKeys(makeTokenKey("k1")) } });
  await before.refresh(shop);
  expect(await before.rotation()).toMatchObject({ chains: 1, pinned: 0 });
  const after = (await rotate()).process();
  expect(await after.rotation()).toMatchObject({ pinned: 1, pinnedUnknown: 0 });
  expect(await after.repin(shop)).toMatchObject({ outcome: "refreshed" });
  expect(await after.rotation()).toMatchObject({ pinned: 0, mayRevoke: true });
});
