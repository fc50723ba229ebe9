// Proves that no control character of an answer reaches a terminal, a file or a reader of JSON, while our own colours do.
import fc from "fast-check";
import { expect, it } from "vitest";
import { expectLinear } from "../tests/support/growth.ts";
import { harmless, harmlessJson, harmlessLines, harmlessly } from "./paint.ts";

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const hostile = fc.string({
  unit: fc.oneof(fc.constantFrom("\u001b", "\u0007", "\u009b", "\u007f", "\r", "\n", "[31m", "\u202e"), fc.string()),
});

it("shows them", () => {
  expect(harmless("a\u001b[2Jb\u0007c\u009bd\u007fe\r\n\u202ef")).toBe("a␛[2Jb␇c\\u009bd␡e␍␊\\u202ef");
  expect(harmlessly({ "k\u001b": ["v\u0007", 1, null, { deep: "\u009b" }] })).toEqual({
    "k␛": ["v␇", 1, null, { deep: "\\u009b" }],
  });
  expect(harmlessLines("one\u001b[1m\ntwo", { coloured: false })).toBe("one␛[1m\ntwo");
  expect(harmlessLines("\u001b[32mgood\u001b[39m\u001b[2J\u0007", { coloured: true })).toBe(
    "\u001b[32mgood\u001b[39m␛[2J␇",
  );
});

it("lets none through, and JSON mean the same", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(harmless(text)).not.toMatch(CONTROL);
      expect(harmlessLines(text, { coloured: false }).replaceAll("\n", "")).not.toMatch(CONTROL);
      const json = harmlessJson(JSON.stringify({ text }));
      expect(json).not.toMatch(CONTROL);
      expect(JSON.parse(json)).toEqual({ text });
    }),
  );
  expectLinear((text) => harmlessLines(text, { coloured: true }), "\u001b[");
});
