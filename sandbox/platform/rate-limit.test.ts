// Proves that the limit of the token endpoint is a bucket, for all shops or for each.
import { expect, test } from "vitest";

import { createTokenBuckets } from "./rate-limit.ts";

test("no limit until one is set", () => {
  const buckets = createTokenBuckets();
  for (let i = 0; i < 1000; i++) expect(buckets.take("a", 0)).toBeUndefined();
});

test("the burst passes, then calls at the rate; Retry-After is never less than a second", () => {
  const buckets = createTokenBuckets();
  buckets.configure({ perSecond: 2, burst: 3 });
  expect([0, 0, 0].map((at) => buckets.take("a", at))).toEqual([undefined, undefined, undefined]);
  expect(buckets.take("b", 0)).toEqual({ retryAfterSeconds: 1, forAll: true });
  expect(buckets.take("a", 500)).toBeUndefined();
  expect(buckets.take("a", 500)).toMatchObject({ forAll: true });
});

test("a bucket per shop leaves other shops alone", () => {
  const buckets = createTokenBuckets();
  buckets.configure({ perSecond: 1, burst: 1, per: "shop", retryAfterSeconds: 4 });
  expect(buckets.take("a", 0)).toBeUndefined();
  expect(buckets.take("a", 0)).toEqual({ retryAfterSeconds: 4, forAll: false });
  expect(buckets.take("b", 0)).toBeUndefined();
});
