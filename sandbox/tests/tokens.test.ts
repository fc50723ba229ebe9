// Proves how long each kind of token lives, through Shopify's own library.
import { expect, test } from "vitest";

import {
  DAY,
  HOUR,
  INACTIVE_REFRESH_TOKEN,
  INVALID_SUBJECT_TOKEN,
  newShop,
  refusal,
  setUpContract,
} from "./support.ts";

const contract = setUpContract();
const { acquire, migrate, refresh, query, advance, client } = contract;

const inOneHour = (date: Date | undefined): boolean => Math.abs((date?.getTime() ?? 0) - Date.now() - HOUR) < 10_000;
const inNinetyDays = (date: Date | undefined): boolean =>
  Math.abs((date?.getTime() ?? 0) - Date.now() - 90 * DAY) < 10_000;

test("offline tokens are permanent, or expire after an hour with a refresh token of 90 days", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const permanent = await acquire(shop, { expiring: false });
  expect(permanent).toMatchObject({ isOnline: false, expires: undefined, refreshToken: undefined });
  const pair = await acquire(shop);
  expect(pair.isOnline).toBe(false);
  expect(inOneHour(pair.expires)).toBe(true);
  expect(inNinetyDays(pair.refreshTokenExpires)).toBe(true);
  expect(pair.scope).toBe("read_products,write_products");
});

test("an access token ends after its hour, a permanent one does not", async () => {
  const shop = newShop();
  const { accessToken } = await client().installShop(shop, { token: "permanent" });
  await client().choices({ enforcement: "off" });
  const pair = await acquire(shop);
  await advance(HOUR - 5_000);
  await expect(query(pair)).resolves.toBeTruthy();
  await advance(5_000);
  await expect(query(pair)).rejects.toThrow(/401/);
  await advance(365 * DAY);
  await expect(query({ shop, accessToken })).resolves.toBeTruthy();
});

test("a refresh token ends after 90 days", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const pair = await acquire(shop);
  await advance(90 * DAY - 60_000);
  const next = await refresh(shop, pair.refreshToken!);
  await advance(90 * DAY);
  await expect(refresh(shop, next.refreshToken!)).rejects.toThrow(/401/);
});

test("both kinds of access token start with shpat_, refresh tokens with shprt_: a prefix tells nothing", async () => {
  const shop = newShop();
  const { accessToken } = await client().installShop(shop, { token: "permanent" });
  const pair = await migrate(shop, accessToken!);
  expect(accessToken).toMatch(/^shpat_[0-9a-f]{32}$/);
  expect(pair.accessToken).toMatch(/^shpat_[0-9a-f]{32}$/);
  expect(pair.refreshToken).toMatch(/^shprt_[0-9a-f]{32}$/);
});

test("old installs can hold a permanent token without any prefix", async () => {
  const shop = newShop();
  const old = "0123456789abcdef0123456789abcdef";
  await client().installShop(shop, { accessToken: old });
  await expect(query({ shop, accessToken: old })).resolves.toEqual({ shop: { name: expect.any(String) } });
  const pair = await migrate(shop, old);
  expect(await client().ledger.isCurrentPair(shop, pair as never)).toBe(true);
});

test.each(["new-pair", "same-pair"] as const)(
  "one refreshable pair per shop: an acquisition retires older refresh tokens, older access tokens live on (repeated refresh: %s)",
  async (repeatedRefresh) => {
    const shop = newShop();
    await client().choices({ repeatedRefresh });
    await client().installShop(shop);
    const first = await acquire(shop);
    const second = await refresh(shop, first.refreshToken!);
    const third = await acquire(shop);
    await expect(refresh(shop, first.refreshToken!)).rejects.toThrow(/401/);
    await expect(refresh(shop, second.refreshToken!)).rejects.toThrow(/401/);
    for (const pair of [first, second, third]) await expect(query(pair)).resolves.toBeTruthy();
    await expect(refresh(shop, third.refreshToken!)).resolves.toBeTruthy();
  },
);

test("acquire and refresh side by side: each retires the other's result", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const stored = await acquire(shop);
  await client().faults.add({ id: "slow", grant: "id_token", effect: { kind: "latency", beforeMs: 50 } });
  const [acquired, refreshed] = await Promise.all([acquire(shop), refresh(shop, stored.refreshToken!)]);
  expect(await client().ledger.isCurrentPair(shop, acquired as never)).toBe(true);
  expect(await refusal(refresh(shop, refreshed.refreshToken!))).toEqual(INACTIVE_REFRESH_TOKEN);
  expect(await client().ledger.orphans([refreshed as never])).toEqual([shop]);

  await client().faults.add({ id: "slow", grant: "refresh", effect: { kind: "latency", beforeMs: 50 } });
  const late = refusal(refresh(shop, acquired.refreshToken!));
  await acquire(shop);
  expect(await late).toEqual(INACTIVE_REFRESH_TOKEN);
  expect(await client().ledger.overlaps()).toHaveLength(1);
});

test("an online token lasts a day and leaves the offline pair alone", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const pair = await acquire(shop);
  const online = await acquire(shop, { online: true });
  expect(online.isOnline).toBe(true);
  expect(online.onlineAccessInfo?.associated_user.email).toBe("sandy.shore@example.com");
  await expect(query(online)).resolves.toBeTruthy();
  await advance(DAY);
  await expect(query(online)).rejects.toThrow(/401/);
  await expect(refresh(shop, pair.refreshToken!)).resolves.toBeTruthy();
});

test("permanent tokens are refused from 2027-01-01: 403 with the published text", async () => {
  const shop = newShop();
  const { accessToken } = await client().installShop(shop, { token: "permanent" });
  await expect(query({ shop, accessToken })).resolves.toBeTruthy();
  await advance(Date.parse("2027-01-01T00:00:00Z") - Date.now());
  await expect(query({ shop, accessToken })).rejects.toThrow(/403/);
  const answer = await contract.raw(shop, accessToken!);
  expect(answer.status).toBe(403);
  expect(await answer.json()).toEqual({
    errors:
      "[API] Non-expiring access tokens are no longer accepted for the Admin API. Start using expiring offline tokens: " +
      "https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens#expiring-vs-non-expiring-offline-tokens",
  });
  // The way out stays open: the token can still be migrated.
  await expect(query(await migrate(shop, accessToken!))).resolves.toBeTruthy();
});

test.each([
  ["403-refused", 403],
  ["401-invalidated", 401],
] as const)("after the cut-off a permanent token answers as %s says", async (permanentAfterCutOff, status) => {
  const shop = newShop();
  const { accessToken } = await client().installShop(shop, { token: "permanent" });
  await client().choices({ enforcement: "on", permanentAfterCutOff });
  await expect(query({ shop, accessToken })).rejects.toThrow(new RegExp(String(status)));
});

test.each(["accepted", "refused"] as const)(
  "a late migration is %s; one that was made in time keeps its seven days",
  async (lateMigration) => {
    const [late, inTime] = [newShop(), newShop()];
    const lateToken = (await client().installShop(late, { token: "permanent" })).accessToken!;
    const inTimeToken = (await client().installShop(inTime, { token: "permanent" })).accessToken!;
    const pair = await migrate(inTime, inTimeToken);
    await client().choices({ enforcement: "on", lateMigration });
    expect((await migrate(inTime, inTimeToken)).refreshToken).toBe(pair.refreshToken);
    if (lateMigration === "accepted") await expect(migrate(late, lateToken)).resolves.toBeTruthy();
    else expect(await refusal(migrate(late, lateToken))).toEqual(INVALID_SUBJECT_TOKEN);
  },
);
