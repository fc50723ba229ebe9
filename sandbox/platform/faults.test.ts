// Proves that a fault plays where, when and as often as it says.
import { expect, test } from "vitest";

import { createFaultBook } from "./faults.ts";
import { createRandom } from "./random.ts";
import type { Effect } from "./types.ts";

const effect: Effect = { kind: "lost-before-commit" };
const call = (shop = "a.myshopify.com") => ({ shop, endpoint: "token", grant: "refresh" }) as const;
const book = (seed = 1) => createFaultBook(createRandom(seed));

test("a fault without conditions plays on every call", () => {
  const faults = book();
  faults.add({ effect });
  expect(faults.match(call())).toEqual([effect]);
  expect(faults.match({ shop: "b.myshopify.com", endpoint: "graphql" })).toEqual([effect]);
});

test("shop patterns, endpoint and grant all have to match", () => {
  const faults = book();
  faults.add({
    shop: ["vip-*.myshopify.com", "a.myshopify.com"],
    endpoint: "token",
    grant: ["refresh", "migration"],
    effect,
  });
  expect(faults.match(call())).toHaveLength(1);
  expect(faults.match(call("vip-1.myshopify.com"))).toHaveLength(1);
  expect(faults.match(call("b.myshopify.com"))).toHaveLength(0);
  expect(faults.match({ shop: "a.myshopify.com", endpoint: "token", grant: "id_token" })).toHaveLength(0);
  expect(faults.match({ shop: "a.myshopify.com", endpoint: "graphql" })).toHaveLength(0);
});

test("after and times count matching calls, over all or by shop", () => {
  const played = (perShop: boolean): string[] => {
    const faults = book();
    faults.add({ after: 1, times: 1, perShop, effect });
    const shops = ["a", "b", "a", "b", "a"];
    return shops.filter((shop) => faults.match(call(shop)).length > 0);
  };
  expect(played(false)).toEqual(["b"]);
  expect(played(true)).toEqual(["a", "b"]);
});

test("probability is drawn from the seed: the same seed plays the same calls", () => {
  const played = (seed: number): boolean[] => {
    const faults = book(seed);
    faults.add({ probability: 0.3, effect });
    return Array.from({ length: 200 }, () => faults.match(call()).length > 0);
  };
  expect(played(7)).toEqual(played(7));
  expect(played(7)).not.toEqual(played(8));
  const hits = played(7).filter(Boolean).length;
  expect(hits).toBeGreaterThan(30);
  expect(hits).toBeLessThan(90);
});

test("a script plays one step per call and then nothing", () => {
  const faults = book();
  faults.add({ script: [effect, "pass", { kind: "reset" }] });
  expect(Array.from({ length: 4 }, () => faults.match(call())[0]?.kind)).toEqual([
    "lost-before-commit",
    undefined,
    "reset",
    undefined,
  ]);
});

test("the same id replaces a fault; one without effect or script is refused", () => {
  const faults = book();
  faults.add({ id: "x", effect });
  faults.add({ id: "x", effect: { kind: "reset" } });
  expect(faults.list()).toHaveLength(1);
  faults.remove("x");
  expect(faults.list()).toEqual([]);
  expect(() => faults.add({})).toThrow(TypeError);
});
