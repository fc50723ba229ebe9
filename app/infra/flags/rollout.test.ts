// Proves that a rollout is read as documented, stays with a shop as it grows, and is refused when malformed.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isInRollout, parseRollout, rolloutPlace } from "./rollout.ts";

const SHOP = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}\.myshopify\.com$/);

describe("parseRollout", () => {
  it("reads a share with shops named in and out", () => {
    expect(parseRollout("25%,+vip.myshopify.com, -old.myshopify.com")).toEqual({
      percent: 25,
      include: new Set(["vip.myshopify.com"]),
      exclude: new Set(["old.myshopify.com"]),
    });
  });

  it("is for no other shop when only shops are named in, and for every other shop when only shops are named out", () => {
    expect(parseRollout("+vip.myshopify.com").percent).toBe(0);
    expect(parseRollout("-old.myshopify.com").percent).toBe(100);
  });

  it.each(["", "25", "101%", "10%,20%", "+vip", "vip.myshopify.com", "-vip.example.com"])("refuses %j", (text) => {
    expect(() => parseRollout(text)).toThrow();
  });
});

describe("isInRollout", () => {
  it("puts exclusions before inclusions before the share", () => {
    const rollout = parseRollout("100%,+a.myshopify.com,-a.myshopify.com");
    expect(isInRollout(rollout, "a.myshopify.com")).toBe(false);
    expect(isInRollout(parseRollout("0%,+a.myshopify.com"), "A.myshopify.com")).toBe(true);
  });

  it("lets a larger share contain a smaller one", () => {
    fc.assert(
      fc.property(SHOP, fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), (shop, a, b) => {
        const [smaller, larger] = [Math.min(a, b), Math.max(a, b)];
        return !isInRollout(parseRollout(`${smaller}%`), shop) || isInRollout(parseRollout(`${larger}%`), shop);
      }),
    );
  });

  it("holds about its share of many shops, and all of them at 100%", () => {
    const shops = Array.from({ length: 4_000 }, (_, index) => `shop-${index}.myshopify.com`);
    const share = shops.filter((shop) => isInRollout(parseRollout("25%"), shop)).length / shops.length;
    expect(share).toBeGreaterThan(0.22);
    expect(share).toBeLessThan(0.28);
    expect(shops.every((shop) => isInRollout(parseRollout("100%"), shop))).toBe(true);
    expect(shops.some((shop) => isInRollout(parseRollout("0%"), shop))).toBe(false);
  });

  it("never moves a shop: its place is part of the contract between processes and releases", () => {
    expect(rolloutPlace("example.myshopify.com")).toBeCloseTo(rolloutPlace("EXAMPLE.myshopify.com"), 10);
    expect(rolloutPlace("example.myshopify.com").toFixed(4)).toMatchInlineSnapshot(`"3.2488"`);
  });
});
