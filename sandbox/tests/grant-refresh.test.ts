// Proves the rules of the refresh, once, again and side by side, through Shopify's own library.
import { expect, test } from "vitest";

import { DAY, HOUR, INACTIVE_REFRESH_TOKEN, MINUTE, newShop, refusal, setUpContract } from "./support.ts";

const { acquire, refresh, query, advance, client } = setUpContract();

test("refresh gives a new pair with a new 90 days; the earlier access token lives out its hour", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const first = await acquire(shop);
  await advance(HOUR / 2);
  const second = await refresh(shop, first.refreshToken!);
  expect(second.accessToken).not.toBe(first.accessToken);
  expect(second.refreshToken).not.toBe(first.refreshToken);
  expect(Math.abs(second.refreshTokenExpires!.getTime() - Date.now() - 90 * DAY)).toBeLessThan(10_000);
  await expect(query(first)).resolves.toBeTruthy();
  await advance(HOUR / 2);
  await expect(query(first)).rejects.toThrow(/401/);
  await expect(query(second)).resolves.toBeTruthy();
});

test.each(["new-pair", "same-pair"] as const)(
  "refresh again works until the replacement is used (repeated refresh: %s)",
  async (repeatedRefresh) => {
    const shop = newShop();
    await client().choices({ repeatedRefresh });
    await client().installShop(shop);
    const stored = await acquire(shop);
    const lost = await refresh(shop, stored.refreshToken!);
    const retried = await refresh(shop, stored.refreshToken!);
    expect(retried.refreshToken === lost.refreshToken).toBe(repeatedRefresh === "same-pair");
    await expect(query(retried)).resolves.toBeTruthy();
    if (repeatedRefresh === "new-pair") {
      expect(await refusal(refresh(shop, lost.refreshToken!))).toEqual(INACTIVE_REFRESH_TOKEN);
    }
    await refresh(shop, retried.refreshToken!);
    expect(await refusal(refresh(shop, stored.refreshToken!))).toEqual(INACTIVE_REFRESH_TOKEN);
  },
);

test("refresh again ends 30 days after its first use", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const stored = await acquire(shop);
  await refresh(shop, stored.refreshToken!);
  await advance(30 * DAY - MINUTE);
  await expect(refresh(shop, stored.refreshToken!)).resolves.toBeTruthy();
  await advance(MINUTE);
  expect(await refusal(refresh(shop, stored.refreshToken!))).toEqual(INACTIVE_REFRESH_TOKEN);
});

test("refresh again never outlives the token's own 90 days", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const stored = await acquire(shop);
  await advance(80 * DAY);
  await refresh(shop, stored.refreshToken!);
  await advance(10 * DAY - MINUTE);
  await expect(refresh(shop, stored.refreshToken!)).resolves.toBeTruthy();
  await advance(MINUTE);
  expect(await refusal(refresh(shop, stored.refreshToken!))).toEqual(INACTIVE_REFRESH_TOKEN);
});

test("refresh again ends when another grant issues a pair", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const stored = await acquire(shop);
  await refresh(shop, stored.refreshToken!);
  await acquire(shop);
  expect(await refusal(refresh(shop, stored.refreshToken!))).toEqual(INACTIVE_REFRESH_TOKEN);
});

test.each(["new-pair", "same-pair", "refused"] as const)("refreshes side by side: %s", async (concurrentRefresh) => {
  const shop = newShop();
  await client().choices({ concurrentRefresh });
  await client().installShop(shop);
  const stored = await acquire(shop);
  await client().faults.add({ grant: "refresh", effect: { kind: "latency", beforeMs: 40, afterMs: 40 } });
  const both = await Promise.allSettled([refresh(shop, stored.refreshToken!), refresh(shop, stored.refreshToken!)]);
  const pairs = both.flatMap((one) => (one.status === "fulfilled" ? [one.value.refreshToken!] : []));
  expect(new Set(pairs).size).toBe(concurrentRefresh === "new-pair" ? 2 : 1);
  expect(pairs).toHaveLength(concurrentRefresh === "refused" ? 1 : 2);
  expect(await client().ledger.overlaps()).toHaveLength(1);
  // One after the other it works under every choice.
  await expect(refresh(shop, stored.refreshToken!)).resolves.toBeTruthy();
});
