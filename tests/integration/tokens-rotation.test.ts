// Proves a rotation of the client secret: what is pinned to the old one is known, repinned once, and nothing is lost when the old one is revoked.
import { expect, test } from "vitest";
import { makeTokenKey, parseTokenKeys, ReauthorizationRequiredError } from "../../app/tokens/index.ts";
import { clientSecretFingerprint } from "../../app/tokens/rotation/client-secret.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { createApi } from "../support/create-api.ts";
import { rotationHarness } from "./rotation-harness.ts";
import { HOUR_MS } from "./tokens-harness.ts";

const { h, rotation } = rotationHarness();

test("an ID token that the old secret signed, as all are until it is revoked, brings a chain of the new one", async () => {
  const { rotate } = rotation();
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

test("every chain is refreshed once, by whoever comes first; then the old secret is revoked and no shop notices", async () => {
  const { before, rotate } = rotation();
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
  expect(await Promise.all([made, idle, busy].map(h.refreshes))).toEqual([2, 1, 1]);
  for (const shop of [made, idle, busy]) {
    expect(await one.repin(shop)).toEqual({ shop, outcome: "current", code: "current" });
    await h.expectCurrent(shop);
  }
  expect(await Promise.all([made, idle, busy].map(h.refreshes))).toEqual([2, 1, 1]);
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
    expect(await Promise.all([made, idle, busy].map(h.refreshes))).toEqual(wait ? [3, 2, 2] : [2, 1, 1]);
  }
});

test("what another release stored counts as pinned, whatever was on record before", async () => {
  const { before, rotate } = rotation();
  const shop = await h.install("expiring");
  const old = await h.row(shop);
  const now = await rotate();
  await now.process().repin(shop);
  expect((await now.process().rotation()).pinned).toBe(0);
  await h.overwrite(old!);
  expect(await now.process().rotation({ shops: 1 })).toMatchObject({ pinned: 1, pinnedUnknown: 1, shops: [{ shop }] });
  // An instance that was not restarted h.refreshes with the old secret.
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

test("frozen shops stay pinned and are named; chains that are over count no more; a chain that ended says so", async () => {
  const { before, rotate } = rotation();
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
  const { before, rotate } = rotation();
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
  const { before, rotate } = rotation();
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
  const { before, rotate } = rotation({ encryption: { keys: parseTokenKeys(makeTokenKey("k1")) } });
  await before.refresh(shop);
  expect(await before.rotation()).toMatchObject({ chains: 1, pinned: 0 });
  const after = (await rotate()).process();
  expect(await after.rotation()).toMatchObject({ pinned: 1, pinnedUnknown: 0 });
  expect(await after.repin(shop)).toMatchObject({ outcome: "refreshed" });
  expect(await after.rotation()).toMatchObject({ pinned: 0, mayRevoke: true });
});
