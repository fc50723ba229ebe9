// Proves what the simulator answers where Shopify refuses, through Shopify's own library.
import { expect, test } from "vitest";

import { HttpInternalError, HttpThrottlingError } from "@shopify/shopify-api";

import {
  createLibrary,
  DAY,
  INACTIVE_REFRESH_TOKEN,
  INVALID_SUBJECT_TOKEN,
  newShop,
  refusal,
  setUpContract,
} from "./support.ts";

const contract = setUpContract();
const { acquire, migrate, refresh, query, client } = contract;

async function installedPair() {
  const shop = newShop();
  await client().installShop(shop);
  return { shop, pair: await acquire(shop) };
}

test("a refresh token that is unknown, replaced, expired or of an uninstalled shop is refused with 401, finally", async () => {
  const { shop, pair } = await installedPair();
  expect(await refusal(refresh(shop, "shprt_ffffffffffffffffffffffffffffffff"))).toEqual(INACTIVE_REFRESH_TOKEN);
  const next = await refresh(shop, pair.refreshToken!);
  const last = await refresh(shop, next.refreshToken!);
  expect(await refusal(refresh(shop, pair.refreshToken!))).toEqual(INACTIVE_REFRESH_TOKEN);
  await client().uninstall(shop, { webhook: false });
  expect(await refusal(refresh(shop, last.refreshToken!))).toEqual(INACTIVE_REFRESH_TOKEN);
});

test("where older sources say so, a refused refresh token is 400 invalid_grant", async () => {
  const { shop } = await installedPair();
  await client().choices({ refusedRefresh: "400-invalid-grant" });
  expect(await refusal(refresh(shop, "shprt_ffffffffffffffffffffffffffffffff"))).toMatchObject({
    status: 400,
    body: { error: "invalid_grant" },
  });
});

test("a permanent token that is spent, unknown or of an uninstalled shop is 400 invalid_subject_token: ambiguous", async () => {
  const shop = newShop();
  const { accessToken } = await client().installShop(shop, { token: "permanent" });
  expect(await refusal(migrate(shop, "shpat_ffffffffffffffffffffffffffffffff"))).toEqual(INVALID_SUBJECT_TOKEN);
  await migrate(shop, accessToken!);
  await acquire(shop);
  expect(await refusal(migrate(shop, accessToken!))).toEqual(INVALID_SUBJECT_TOKEN);
  const other = newShop();
  const { accessToken: theirs } = await client().installShop(other, { token: "permanent" });
  await client().uninstall(other, { webhook: false });
  expect(await refusal(migrate(other, theirs!))).toEqual(INVALID_SUBJECT_TOKEN);
});

test("a wrong client id is 400 application_cannot_be_found, a wrong secret 401 invalid_client: nothing changes", async () => {
  const shop = newShop();
  const { accessToken } = await client().installShop(shop, { token: "permanent" });
  const unknown = createLibrary({ apiKey: "ffffffffffffffffffffffffffffffff" });
  expect(await refusal(migrate(shop, accessToken!, { library: unknown }))).toMatchObject({
    status: 400,
    body: { error: "application_cannot_be_found" },
  });
  const wrong = createLibrary({ apiSecretKey: "shpss_ffffffffffffffffffffffffffffffff" });
  expect(await refusal(migrate(shop, accessToken!, { library: wrong }))).toMatchObject({
    status: 401,
    body: { error: "invalid_client" },
  });
  await client().choices({ wrongSecret: "400-application-cannot-be-found" });
  expect(await refusal(migrate(shop, accessToken!, { library: wrong }))).toMatchObject({
    status: 400,
    body: { error: "application_cannot_be_found" },
  });
  expect((await client().shop(shop)).permanentToken).toBe(accessToken);
});

test.each(["lost-before-commit", "lost-after-commit", "reset"] as const)(
  "a lost answer (%s): the same refresh token works again",
  async (kind) => {
    const { shop, pair } = await installedPair();
    await client().faults.add({ shop, grant: "refresh", times: 1, effect: { kind } });
    await expect(refresh(shop, pair.refreshToken!)).rejects.toThrow(TypeError);
    const committed = !(await client().ledger.isCurrentPair(shop, pair as never));
    expect(committed).toBe(kind === "lost-after-commit");
    const next = await refresh(shop, pair.refreshToken!);
    expect(await client().ledger.isCurrentPair(shop, next as never)).toBe(true);
    expect(await client().ledger.orphans([next as never, pair as never])).toEqual([]);
  },
);

test.each(["lost-before-commit", "lost-after-commit"] as const)(
  "a lost answer (%s): the same permanent token works again",
  async (kind) => {
    const shop = newShop();
    const { accessToken } = await client().installShop(shop, { token: "permanent" });
    await client().faults.add({ shop, grant: "migration", times: 1, effect: { kind } });
    await expect(migrate(shop, accessToken!)).rejects.toThrow(TypeError);
    expect(await client().ledger.orphans([{ shop, accessToken: accessToken!, refreshToken: null }])).toEqual([]);
    const pair = await migrate(shop, accessToken!);
    expect(await client().ledger.isCurrentPair(shop, pair as never)).toBe(true);
  },
);

test("a call that hangs ends when the caller gives up, and is not an overlap with the next one", async () => {
  const { shop, pair } = await installedPair();
  await client().faults.add({ shop, grant: "refresh", times: 1, effect: { kind: "hang", committed: true } });
  const body = JSON.stringify({
    client_id: contract.library.config.apiKey,
    client_secret: contract.library.config.apiSecretKey,
    grant_type: "refresh_token",
    refresh_token: pair.refreshToken,
  });
  const hanging = fetch(`https://${shop}/admin/oauth/access_token`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body,
    signal: AbortSignal.timeout(100),
  });
  await expect(hanging).rejects.toThrow(/timeout/i);
  await expect
    .poll(async () => (await client().ledger.calls({ shop, grant: "refresh" }))[0]?.endedWall)
    .toBeTypeOf("number");
  await refresh(shop, pair.refreshToken!);
  expect(await client().ledger.overlaps()).toEqual([]);
});

test("429 carries Retry-After; the ledger tells who did not wait", async () => {
  const { shop, pair } = await installedPair();
  await client().faults.add({ shop, grant: "refresh", times: 1, effect: { kind: "throttle", retryAfterSeconds: 2 } });
  const throttled = await refresh(shop, pair.refreshToken!).catch((error: unknown) => error);
  expect(throttled).toBeInstanceOf(HttpThrottlingError);
  expect((throttled as HttpThrottlingError).response.retryAfter).toBe(2);
  expect(await client().ledger.retryAfterBroken()).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await refresh(shop, pair.refreshToken!);
  expect(await client().ledger.retryAfterBroken()).toMatchObject([{ shop, grant: "refresh", outcome: "issued" }]);
});

test("the token endpoint's rate limit answers 429 once the burst is used up", async () => {
  const { shop, pair } = await installedPair();
  await client().tokenRateLimit({ perSecond: 1, burst: 2 });
  await refresh(shop, pair.refreshToken!);
  await refresh(shop, pair.refreshToken!);
  await expect(refresh(shop, pair.refreshToken!)).rejects.toThrow(HttpThrottlingError);
});

test("5xx in JSON reaches the app as an internal error, and nothing is lost", async () => {
  const { shop, pair } = await installedPair();
  await client().faults.add({ shop, times: 1, effect: { kind: "status", status: 503, body: "json" } });
  await expect(refresh(shop, pair.refreshToken!)).rejects.toThrow(HttpInternalError);
  await expect(refresh(shop, pair.refreshToken!)).resolves.toBeTruthy();
});

test.each([
  [402, "frozen"],
  [423, "locked"],
  [404, "closed"],
] as const)("%i: a %s shop answers so at both endpoints, and keeps its tokens", async (status, standing) => {
  const { shop, pair } = await installedPair();
  await client()[({ frozen: "freeze", locked: "lock", closed: "close" } as const)[standing]](shop);
  await expect(query(pair)).rejects.toThrow(new RegExp(String(status)));
  expect((await refusal(refresh(shop, pair.refreshToken!))).status).toBe(status);
  await client().choices({ suspendedTokenEndpoint: "serves" });
  const next = await refresh(shop, pair.refreshToken!);
  await client().reopen(shop);
  await expect(query(next)).resolves.toBeTruthy();
});

test.each([["expires_in"], ["refresh_token"]] as const)(
  "an answer without %s makes the library's session look permanent (or never ending)",
  async (field) => {
    const { shop, pair } = await installedPair();
    await client().faults.add({ shop, times: 1, effect: { kind: "omit", fields: [field] } });
    const session = await refresh(shop, pair.refreshToken!);
    if (field === "expires_in") expect(session.expires).toBeUndefined();
    else expect(session.refreshToken).toBeUndefined();
    expect(session.isActive(undefined)).toBe(true);
  },
);

test("faults are chosen by shop, grant, turn and script, and drawn from the seed", async () => {
  const { shop, pair } = await installedPair();
  const status = (code: number) => ({ kind: "status", status: code }) as const;
  await client().faults.add({ shop: "shop-*", grant: "refresh", script: [status(500), "pass", status(502)] });
  const outcomes: string[] = [];
  for (let i = 0; i < 4; i++) {
    outcomes.push(
      await refresh(shop, pair.refreshToken!).then(
        () => "ok",
        (error: HttpInternalError) => String(error.response.code),
      ),
    );
  }
  expect(outcomes).toEqual(["500", "ok", "502", "ok"]);
  await client().faults.clear();
  await client().faults.add({ shop: "another.myshopify.com", effect: status(500) });
  await expect(refresh(shop, pair.refreshToken!)).resolves.toBeTruthy();
});

test("after a rotation tokens stay pinned to their secret until their next refresh; revoking it ends them", async () => {
  const [pinned, moved] = [await installedPair(), await installedPair()];
  const { secret } = await client().rotateSecret();
  const rotated = createLibrary({ apiSecretKey: secret });
  const fresh = await refresh(moved.shop, moved.pair.refreshToken!, { library: rotated });
  await client().revokeOldSecrets();
  await expect(query(fresh)).resolves.toBeTruthy();
  await expect(query(moved.pair)).rejects.toThrow(/401/);
  await expect(query(pinned.pair)).rejects.toThrow(/401/);
  expect(await refusal(refresh(pinned.shop, pinned.pair.refreshToken!, { library: rotated }))).toEqual(
    INACTIVE_REFRESH_TOKEN,
  );
  expect(await refusal(refresh(moved.shop, fresh.refreshToken!))).toMatchObject({
    status: 401,
    body: { error: "invalid_client" },
  });
  await expect(refresh(moved.shop, fresh.refreshToken!, { library: rotated })).resolves.toBeTruthy();
});

test("ninety days without a refresh end a shop's chain: the merchant must come back", async () => {
  const { shop, pair } = await installedPair();
  await client().clock.advance(90 * DAY);
  expect(await refusal(refresh(shop, pair.refreshToken!))).toEqual(INACTIVE_REFRESH_TOKEN);
  expect(await client().ledger.orphans([pair as never])).toEqual([]);
  await expect(acquire(shop)).resolves.toBeTruthy();
});
