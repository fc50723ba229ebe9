/** Application-only tokens: background work of a shop whose chain is dead goes on, without a stored token, and never beside a living chain. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { readApplicationKey } from "../../app/tokens/index.ts";
import { requestApplicationOnlyToken } from "../../app/tokens/shopify/application-only-token.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { tablesWith } from "./tables-with.ts";
import { HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();
const SHOP_QUERY = "{ shop { id } }";
const [first, second] = [
  generateKeyPairSync("rsa", { modulusLength: 3_072 }),
  generateKeyPairSync("ec", { namedCurve: "P-256" }),
];

const pem = (key: KeyObject, type: "pkcs8" | "spki") => key.export({ type, format: "pem" }) as string;
const applicationKey = (keyId: string, key: KeyObject) =>
  readApplicationKey(TEST_APP.clientId, keyId, pem(key, "pkcs8"));
const firstKey = applicationKey("first", first.privateKey);
const secondKey = applicationKey("second", second.privateKey);

beforeEach(async () => {
  const { appKeys } = h.sandbox.client;
  if ((await appKeys.list()).some(({ keyId }) => keyId === "first")) return;
  await appKeys.add("first", pem(first.publicKey, "spki"));
  await appKeys.add("second", second.publicKey.export({ format: "jwk" }));
});

const applicationCalls = (shop: string) => h.sandbox.client.ledger.calls({ shop, grant: "application" });

const issuedTo = (shop: string) =>
  h.sandbox.platform.state.ledger.tokens
    .filter((token) => token.shop === shop && token.kind === "application")
    .map(({ value }) => value);

/** A shop whose refresh token Shopify refuses; the app does not know yet. */
async function deadShop(): Promise<string> {
  const shop = await h.install("expiring");
  await h.advance(2 * HOUR_MS);
  await h.sandbox.client.revokeTokens(shop);
  return shop;
}

test("a dead chain: work goes on with one token, kept until shortly before its end and stored nowhere", async () => {
  const shop = await deadShop();
  const tokens = h.process({ applicationKey: firstKey });
  const before = await h.row(shop);
  const work = () => tokens.admin(shop, { background: true }).graphql(SHOP_QUERY);
  for (let i = 0; i < 3; i++) expect(await work()).toMatchObject({ shop: {} });
  expect(await applicationCalls(shop)).toHaveLength(1);
  expect(await h.row(shop)).toMatchObject({ accessToken: before!.accessToken, refreshToken: before!.refreshToken });
  const issued = issuedTo(shop);
  expect(issued).toHaveLength(1);
  expect(await tablesWith(h.database, issued.join("|"))).toEqual([]);
  expect((await h.marks(shop)).needsReauthWhy).toBe("refresh_token_refused");
  await h.advance(59 * 60_000);
  await work();
  expect(await applicationCalls(shop)).toHaveLength(2);
  await h.expectNotOrphaned(shop);
});

test("a merchant's request is never served by it, not even by one that is remembered", async () => {
  const shop = await deadShop();
  const tokens = h.process({ applicationKey: firstKey });
  await tokens.admin(shop, { background: true }).graphql(SHOP_QUERY);
  await h.sandbox.client.faults.add({ shop, grant: "id_token", play: "app-not-installed" });
  const idToken = await h.idToken(shop);
  const merchant = tokens.admin(shop, { background: true, idToken });
  await expect(merchant.graphql(SHOP_QUERY)).rejects.toMatchObject({ code: "reauthorization_required" });
  expect(await h.sandbox.client.ledger.calls({ shop, endpoint: "graphql" })).toHaveLength(1);
});

test.each([
  [86_400, 3_600],
  [60, 60],
])("said to live %i seconds, it is used for %i at most", async (expiresIn, lifetime) => {
  const body = { access_token: `shpat_${"0".repeat(32)}`, expires_in: expiresIn, scope: "read_products" };
  const shop = await h.install("none");
  await h.sandbox.client.faults.add({
    shop,
    grant: "application",
    effect: { kind: "status", status: 200, body: { text: JSON.stringify(body), contentType: "application/json" } },
  });
  const now = h.now();
  const session = await requestApplicationOnlyToken(firstKey, shop, now);
  expect(session.expires).toEqual(new Date(now + lifetime * 1_000));
});

test("callers at the same time share one request", async () => {
  const shop = await deadShop();
  const tokens = h.process({ applicationKey: firstKey });
  await Promise.all(Array.from({ length: 5 }, () => tokens.admin(shop, { background: true }).graphql(SHOP_QUERY)));
  expect(await applicationCalls(shop)).toHaveLength(1);
});

test("never for a merchant, never without a key, never while a chain lives, never for a shop without the app", async () => {
  const dead = await deadShop();
  const tokens = h.process({ applicationKey: firstKey });
  const refused = { code: "reauthorization_required" };
  await expect(tokens.admin(dead).graphql(SHOP_QUERY)).rejects.toMatchObject(refused);
  await expect(tokens.getSession(dead)).rejects.toMatchObject(refused);
  await expect(h.process().admin(dead, { background: true }).graphql(SHOP_QUERY)).rejects.toMatchObject(refused);
  expect(await applicationCalls(dead)).toEqual([]);

  const living = await h.install("expiring");
  await tokens.admin(living, { background: true }).graphql(SHOP_QUERY);
  expect(await applicationCalls(living)).toEqual([]);

  const gone = await deadShop();
  await h.sandbox.client.uninstall(gone, { webhook: false });
  await tokens.recordUninstalled(gone, new Date(h.now()));
  await expect(tokens.admin(gone, { background: true }).graphql(SHOP_QUERY)).rejects.toMatchObject(refused);
  expect(await applicationCalls(gone)).toEqual([]);
});

test("once the merchant is back the new pair serves, though a token is remembered", async () => {
  const shop = await deadShop();
  const tokens = h.process({ applicationKey: firstKey });
  await tokens.admin(shop, { background: true }).graphql(SHOP_QUERY);
  await tokens.getSession(shop, { idToken: await h.idToken(shop) });
  const pair = await h.expectCurrent(shop);
  await tokens.admin(shop, { background: true }).graphql(SHOP_QUERY);
  const calls = await h.sandbox.client.ledger.calls({ shop, endpoint: "graphql" });
  expect(h.sandbox.platform.state.ledger.byValue.get(pair.accessToken)?.id).toBe(calls.at(-1)?.presented);
});

test("a token that the Admin API refuses is forgotten", async () => {
  const shop = await deadShop();
  const tokens = h.process({ applicationKey: firstKey });
  const work = () => tokens.admin(shop, { background: true }).graphql(SHOP_QUERY);
  await work();
  await h.sandbox.client.revokeTokens(shop);
  await expect(work()).rejects.toMatchObject({ code: "reauthorization_required" });
  expect(await work()).toMatchObject({ shop: {} });
  expect(await applicationCalls(shop)).toHaveLength(2);
});

test("keys are rotated: both work, then the old one is revoked, which is asked once in ten minutes", async () => {
  const [a, b] = [await deadShop(), await deadShop()];
  const [old, next] = [h.process({ applicationKey: firstKey }), h.process({ applicationKey: secondKey })];
  await old.admin(a, { background: true }).graphql(SHOP_QUERY);
  await next.admin(b, { background: true }).graphql(SHOP_QUERY);
  await h.sandbox.client.appKeys.revoke("first");
  const c = await deadShop();
  for (let i = 0; i < 3; i++) {
    await expect(old.admin(c, { background: true }).graphql(SHOP_QUERY)).rejects.toMatchObject({
      code: "reauthorization_required",
    });
  }
  expect(await applicationCalls(c)).toMatchObject([{ outcome: "assertion_revoked_key", status: 401 }]);
  await next.admin(c, { background: true }).graphql(SHOP_QUERY);
});

test("two keys are accepted for a while: the app works whichever of them Shopify knows, and asks with the first one first", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const newKey = applicationKey("new", privateKey);
  const oldPair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const oldKey = applicationKey("old", oldPair.privateKey);
  await h.sandbox.client.appKeys.add("old", oldPair.publicKey.export({ format: "jwk" }));
  const [early, during, late, after] = [await deadShop(), await deadShop(), await deadShop(), await deadShop()];
  const tokens = h.process({ applicationKey: newKey, previousApplicationKey: oldKey });
  const work = (shop: string) => tokens.admin(shop, { background: true }).graphql(SHOP_QUERY);
  const outcomes = async (shop: string) => (await applicationCalls(shop)).map(({ outcome }) => outcome);

  // Deployed before the new key is in the Dev Dashboard.
  await work(early);
  expect(await outcomes(early)).toEqual(["assertion_unknown_key", "issued"]);
  await h.sandbox.client.appKeys.add("new", publicKey.export({ format: "jwk" }));
  await work(during);
  expect(await outcomes(during)).toEqual(["issued"]);
  await h.sandbox.client.appKeys.revoke("old");
  await work(late);
  expect(await outcomes(late)).toEqual(["issued"]);
  // Neither: one request with each, then none for ten minutes.
  await h.sandbox.client.appKeys.revoke("new");
  for (let i = 0; i < 3; i++) await expect(work(after)).rejects.toMatchObject({ code: "reauthorization_required" });
  expect(await outcomes(after)).toEqual(["assertion_revoked_key", "assertion_revoked_key"]);
});

test.each([
  ["throttled", { code: "transient", retryAfterMs: 2_000 }],
  ["network", { code: "transient", reason: "network" }],
  ["app-not-installed", { code: "reauthorization_required" }],
  ["unknown-4xx", { code: "reauthorization_required" }],
  ["incomplete", { code: "reauthorization_required" }],
])("trouble (%s): the job waits, and the merchant's way stays open", async (play, expected) => {
  const shop = await deadShop();
  const tokens = h.process({ applicationKey: secondKey });
  await h.sandbox.client.faults.add({ shop, grant: "application", play });
  await expect(tokens.admin(shop, { background: true }).graphql(SHOP_QUERY)).rejects.toMatchObject(expected);
  await tokens.getSession(shop, { idToken: await h.idToken(shop) });
  await h.expectCurrent(shop);
});

test("the operator's probe says whether it works, and that the stored token still does", async () => {
  const shop = await h.install("expiring");
  expect(await h.process().probeApplicationToken(shop)).toEqual({ shop, ok: false, reason: "no_key" });
  const tokens = h.process({ applicationKey: secondKey });
  expect(await tokens.probeApplicationToken(shop)).toMatchObject({
    ok: true,
    reason: "accepted",
    storedToken: "accepted",
  });
  await h.sandbox.client.faults.add({ shop, grant: "application", play: "invalid-client" });
  expect(await tokens.probeApplicationToken(shop)).toMatchObject({ ok: false, reason: "invalid_client", status: 401 });
  await h.expectCurrent(shop);
});
