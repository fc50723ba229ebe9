// Proves that the control page can tell tokens apart without showing one.
import { expect, it } from "vitest";
import { fingerprint } from "./fingerprint.ts";

it("shows a token's prefix and a short hash, never a part of its secret", () => {
  const token = "shpat_0123456789abcdef0123456789abcdef";
  expect(fingerprint(token)).toMatch(/^shpat_…[0-9a-f]{6}$/);
  expect(fingerprint("0123456789abcdef0123456789abcdef")).toMatch(/^…[0-9a-f]{6}$/);
  expect(fingerprint(token)).toBe(fingerprint(token));
  expect(fingerprint(token)).not.toBe(fingerprint(`${token}0`));
});
