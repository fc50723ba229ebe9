// Proves that secrets are drawn from the seed.
import { expect, test } from "vitest";

import { createRandom } from "./random.ts";

test("the same seed gives the same secrets, another seed gives others", () => {
  const draw = (seed: number) => {
    const random = createRandom(seed);
    return [random.hex(32), random.uuid(), random.next()];
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test("100,000 tokens are all different, of the right length, and hexadecimal", () => {
  const random = createRandom(3);
  const tokens = new Set(Array.from({ length: 100_000 }, () => random.hex(32)));
  expect(tokens.size).toBe(100_000);
  for (const token of [...tokens].slice(0, 100)) expect(token).toMatch(/^[0-9a-f]{32}$/);
});

test("uuids are version 4", () => {
  expect(createRandom(5).uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
});
