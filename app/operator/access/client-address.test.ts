// Proves that one client is counted under one key, however its address is written, and that nothing else is a key.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressKey } from "./client-address.ts";

describe("addressKey", () => {
  it.each([
    ["1.2.3.4", "1.2.3.4"],
    ["1.2.3.4:80", "1.2.3.4"],
    [" 1.2.3.4 ", "1.2.3.4"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["::FFFF:0102:0304", "1.2.3.4"],
    ["0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::9", "2001:db8:1:2::/64"],
    ["[2001:db8:1:2::1]:443", "2001:db8:1:2::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["1::", "1:0:0:0::/64"],
  ])("of %j is %j", (text, key) => expect(addressKey(text)).toBe(key));

  it.each([
    undefined,
    "",
    "unknown",
    "1.2.3",
    "1.2.3.4.5",
    "evil",
    "[",
    "[]",
    ":",
    "1.2.3.4:80:90",
    "a".repeat(12_000),
    "1".repeat(65),
  ])("of %j there is none", (text) => expect(addressKey(text)).toBeUndefined());

  it("is the same for every address of a /64, and short whatever comes", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 65_535 }), (address, port) => {
        const key = addressKey(address);
        expect(key).toBeDefined();
        expect(addressKey(`[${address}]:${port}`)).toBe(key);
        expect(addressKey(address.toUpperCase())).toBe(key);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => (addressKey(text)?.length ?? 0) < 48));
  });
});
