// Proves how often a shop that Shopify would not serve is tried again.
import { describe, expect, it } from "vitest";
import { hoursBetweenTries, isTurnOf } from "./retry-unserved.ts";

const HOUR_MS = 3_600_000;

describe("another try", () => {
  it.each([
    ["2026-11-01", 6],
    ["2026-12-02", 2],
    ["2026-12-29", 2],
    ["2027-01-02", 24],
  ])("on %s comes every %i hours", (day, hours) => {
    const now = Date.parse(day);
    expect(hoursBetweenTries(now)).toBe(hours);
    const turns = Array.from({ length: 48 }, (_, hour) => isTurnOf("a.myshopify.com", now + hour * HOUR_MS));
    expect(turns.filter(Boolean).length).toBe(48 / hours);
  });

  it("is not in the same hour for all shops", () => {
    const now = Date.parse("2026-11-01");
    const shops = Array.from({ length: 600 }, (_, i) => `shop-${i}.myshopify.com`);
    const share = shops.filter((shop) => isTurnOf(shop, now)).length / shops.length;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.25);
  });
});
