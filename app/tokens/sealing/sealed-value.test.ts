// Proves that a sealed token opens in its own place with its own key and nowhere else, and that keys are read strictly.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSealed, openValue, SealError, sealValue } from "./sealed-value.ts";
import { makeTokenKey, parseTokenKeys } from "./token-keys.ts";

const [k1, k2] = parseTokenKeys(`${makeTokenKey("k1")}, ${makeTokenKey("k-2_b")}`);
const [other] = parseTokenKeys(makeTokenKey("k1"));
const place = { id: "offline_a.myshopify.com", column: "accessToken" } as const;
const reason = (open: () => unknown): string => {
  try {
    open();
    return "opened";
  } catch (error) {
    return error instanceof SealError ? error.reason : String(error);
  }
};

describe("a sealed value", () => {
  it("opens in its place, whatever the token is, and never shows it", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 80 }), (token) => {
        const sealed = sealValue(k1!, place, token);
        expect(openValue([k2!, k1!], place, sealed)).toBe(token);
        expect(sealed).toMatch(/^sealed:v1:k1:[0-9a-f]{32}:[A-Za-z0-9_-]+$/);
        expect(sealValue(k1!, place, token)).not.toBe(sealed);
      }),
    );
  });

  it("opens in a row that was renamed to lower case, and in no other row or column", () => {
    const sealed = sealValue(k1!, { ...place, id: "offline_A.myshopify.com" }, "shpat_x");
    expect(openValue([k1!], place, sealed)).toBe("shpat_x");
    expect(reason(() => openValue([k1!], { ...place, column: "refreshToken" }, sealed))).toBe("not_for_this_row");
    expect(reason(() => openValue([k1!], { ...place, id: "offline_b.myshopify.com" }, sealed))).toBe(
      "not_for_this_row",
    );
  });

  it("does not open with a missing key, nor with another one of the same id", () => {
    const sealed = sealValue(k1!, place, "shpat_x");
    expect(reason(() => openValue([k2!], place, sealed))).toBe("unknown_key");
    expect(reason(() => openValue([], place, sealed))).toBe("unknown_key");
    expect(reason(() => openValue([other!], place, sealed))).toBe("not_for_this_row");
  });

  it("does not open once any part of it was changed, its fingerprint included", () => {
    const sealed = sealValue(k1!, place, "shpat_0123456789abcdef");
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom("", "0", "A", ":", "é"), (at, letter) => {
        const changed = sealed.slice(0, at) + letter + sealed.slice(at + 1);
        fc.pre(isSealed(changed) && canonical(changed) !== canonical(sealed));
        expect(reason(() => openValue([k1!], place, changed))).not.toBe("opened");
      }),
    );
    for (const odd of ["sealed:v1:", "sealed:v1:k1", "sealed:v1:k1::", "sealed:v1:k1:0:AAAA"]) {
      expect(
        reason(() => openValue([k1!], place, odd)),
        odd,
      ).not.toBe("opened");
    }
  });
});

/** base64url may end in bits that mean nothing. */
function canonical(sealed: string): string {
  const parts = sealed.split(":");
  return JSON.stringify([...parts.slice(0, 4), Buffer.from(parts.slice(4)[0] ?? "", "base64url").toString("hex")]);
}

describe("keys", () => {
  it.each([
    ["", /entry 1 must be id:key/],
    ["k1", /entry 1 must be id:key/],
    ["k1:c2hvcnQ=", /the key k1 must be 32 bytes/],
    [`${makeTokenKey("a")},b:x`, /the key b must be/],
    [`${makeTokenKey("a")},${makeTokenKey("a")}`, /names the key a twice: give one of them an id of its own/],
    ["a b:x", /entry 1/],
  ])("refuses %j without showing a key", (text, words) => {
    expect(() => parseTokenKeys(text)).toThrow(words);
    expect(() => parseTokenKeys(text)).not.toThrow(/c2hvcnQ/);
  });

  it("makes a new one each time", () => {
    expect(makeTokenKey("k1")).not.toBe(makeTokenKey("k1"));
    expect(() => makeTokenKey("a:b")).toThrow(/must be 1 to 16/);
  });
});
