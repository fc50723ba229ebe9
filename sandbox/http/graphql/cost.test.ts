// Proves that a query costs what Shopify's rules say.
import { expect, test } from "vitest";

import type { ShopRecord } from "../../platform/state.ts";
import { requestedCost, takePoints } from "./cost.ts";
import { getOperationAST, parse } from "./graphql.ts";
import { loadAdminSchema } from "./schema.ts";

function costOf(query: string, variables: Record<string, unknown> = {}): number {
  const operation = getOperationAST(parse(query));
  return requestedCost(loadAdminSchema("2026-10").schema, operation!, variables);
}

test("scalars are free, an object is a point, a connection its page, a mutation ten", () => {
  expect(costOf("{ shop { name } }")).toBe(1);
  expect(costOf("{ shop { plan { displayName } } }")).toBe(2);
  expect(costOf("{ products(first: 5) { nodes { title } } }")).toBe(5);
  expect(costOf("query ($n: Int) { products(first: $n) { nodes { title } } }", { n: 7 })).toBe(7);
  expect(costOf('mutation { tagsAdd(id: "gid://shopify/Product/1", tags: "a") { userErrors { message } } }')).toBe(11);
});

test("the bucket empties, restores with time, and is larger on larger plans", () => {
  const shop = { plan: "Basic" } as ShopRecord;
  expect(takePoints(shop, 1_990, 0)).toMatchObject({ enough: true, available: 10, maximum: 2_000, rate: 100 });
  expect(takePoints(shop, 20, 0)).toMatchObject({ enough: false, available: 10 });
  expect(takePoints(shop, 20, 100)).toMatchObject({ enough: true, available: 0 });
  expect(takePoints({ plan: "Shopify Plus" } as ShopRecord, 1, 0)).toMatchObject({ maximum: 20_000, rate: 1_000 });
});
