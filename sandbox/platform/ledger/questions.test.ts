// Proves that the ledger answers its questions right over calls written by hand.
import { expect, test } from "vitest";

import type { Call } from "../types.ts";
import { overlaps, retryAfterBroken } from "./questions.ts";

let n = 0;
const call = (shop: string, startedWall: number, endedWall: number | undefined, o: Partial<Call> = {}): Call => ({
  n: ++n,
  endpoint: "token",
  shop,
  at: 0,
  outcome: "issued",
  startedWall,
  endedWall,
  ...o,
});

test("overlaps: calls of one shop that were open at the same time, each pair once", () => {
  const long = call("a", 0, 100);
  const inside = call("a", 10, 20);
  const later = call("a", 50, 60);
  const after = call("a", 100, 110);
  const other = call("b", 10, 20);
  expect(overlaps([later, long, inside, after, other])).toEqual([
    { shop: "a", first: long, second: inside },
    { shop: "a", first: long, second: later },
  ]);
});

test("overlaps: a call still open overlaps with all that follow; Admin API calls do not count", () => {
  const open = call("a", 0, undefined);
  const next = call("a", 1_000, 1_001);
  expect(overlaps([open, next])).toHaveLength(1);
  expect(overlaps([open, call("a", 5, 6, { endpoint: "graphql" })])).toEqual([]);
});

test("retryAfterBroken: too early for this shop, or for all when the wait was for all", () => {
  const throttled = call("a", 0, 1, { status: 429, retryUntilWall: 1_001 });
  const early = call("a", 500, 501);
  const other = call("b", 500, 501);
  const intime = call("a", 1_001, 1_002);
  expect(retryAfterBroken([throttled, early, other, intime])).toEqual([early]);
  expect(retryAfterBroken([{ ...throttled, retryForAll: true }, early, other, intime])).toEqual([early, other]);
});

test("retryAfterBroken: a call that was on its way, and a timer that fires a little early, are forgiven", () => {
  const throttled = call("a", 0, 100, { status: 429, retryUntilWall: 1_100 });
  expect(retryAfterBroken([throttled, call("a", 90, 95), call("a", 103, 104), call("a", 1_097, 1_098)])).toEqual([]);
});
