// Proves that keep-alives are spread over days and minutes, long before a chain ends.
import { describe, expect, it } from "vitest";
import { isPairOld } from "./keep-alive.ts";
import { KEEP_ALIVE_SPREAD, keepAliveDelays, keepAliveDueAgeMs, keepAlivePlace } from "./keep-alive-timing.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const SHOPS = Array.from({ length: 10_000 }, (_, index) => `shop-${index}.myshopify.com`);

function largestShare(values: number[], buckets: number, top: number): number {
  const counts = new Array<number>(buckets).fill(0);
  for (const value of values) counts[Math.floor((value / top) * buckets)]!++;
  return Math.max(...counts) / values.length;
}

describe("the spread of keep-alives", () => {
  it("has every shop due long before its 90 days end, and no day with much more than its share", () => {
    const ages = SHOPS.map((shop) => keepAliveDueAgeMs(shop, KEEP_ALIVE_SPREAD));
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(30 * DAY_MS);
    expect(Math.max(...ages)).toBeLessThan(40 * DAY_MS);
    expect(
      largestShare(
        ages.map((age) => age - 30 * DAY_MS),
        10,
        10 * DAY_MS,
      ),
    ).toBeLessThan(0.115);
  });

  it("spreads the shops of one day over the pass: its minutes do not follow the days", () => {
    const sameDay = SHOPS.filter((shop) => keepAlivePlace(shop) < 0.1);
    const delays = keepAliveDelays(sameDay, KEEP_ALIVE_SPREAD).map(({ afterSeconds }) => afterSeconds);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(3_600);
    expect(largestShare(delays, 12, 3_600)).toBeLessThan(0.115);
  });

  it.each([3_600, 10_000, 50_000])("gives no second of the pass more than its share of %i shops", (count) => {
    const shops = Array.from({ length: count }, (_, index) => `many-${index}.myshopify.com`);
    const delays = keepAliveDelays(shops, KEEP_ALIVE_SPREAD);
    expect(new Set(delays.map(({ shop }) => shop)).size).toBe(count);
    const bySecond = new Array<number>(3_600).fill(0);
    for (const { afterSeconds } of delays) bySecond[Math.floor(afterSeconds)]!++;
    expect(Math.max(...bySecond)).toBeLessThanOrEqual(Math.ceil(count / 3_600));
    expect(Math.min(...bySecond)).toBeGreaterThan(0);
    expect(new Set(delays.map(({ afterSeconds }) => afterSeconds)).size).toBe(count);
  });

  it("has one shop due at its own moment, not at the beginning", () => {
    const delays = SHOPS.slice(0, 100).map((shop) => keepAliveDelays([shop], KEEP_ALIVE_SPREAD)[0]!.afterSeconds);
    expect(new Set(delays).size).toBeGreaterThan(90);
    expect(Math.max(...delays)).toBeLessThan(3_600);
    expect(keepAliveDelays([], KEEP_ALIVE_SPREAD)).toEqual([]);
  });

  it("never moves a shop", () => {
    expect(keepAlivePlace("example.myshopify.com").toFixed(6)).toMatchInlineSnapshot(`"0.761773"`);
  });
});

describe("isPairOld", () => {
  const now = Date.parse("2026-11-23T00:00:00Z");
  const issued = (daysAgo: number) => new Date(now + (90 - daysAgo) * DAY_MS);
  const alive = { needsReauthAt: undefined, uninstalledAt: undefined };

  it.each([
    ["old", { ...alive, refreshTokenExpires: issued(30) }],
    ["young", { ...alive, refreshTokenExpires: issued(29.9) }],
    ["no_pair", { ...alive, refreshTokenExpires: undefined }],
    ["dead", { ...alive, needsReauthAt: new Date(now), refreshTokenExpires: issued(60) }],
    ["dead", { ...alive, uninstalledAt: new Date(now), refreshTokenExpires: issued(60) }],
  ])("says %s", (reason, state) => {
    expect(isPairOld(state, 30 * DAY_MS, now)).toEqual({ old: reason === "old", reason });
  });
});
