// Proves which pages may frame ours.
import { expect, it } from "vitest";
import { frameAncestors } from "./frame-ancestors.server.ts";

it("lets a shop's own Admin frame its pages", () => {
  expect(frameAncestors("a.myshopify.com")).toBe("frame-ancestors https://a.myshopify.com https://admin.shopify.com");
});

it("lets Shopify Admin alone frame a page of an unknown shop", () => {
  expect(frameAncestors(undefined)).toBe("frame-ancestors https://admin.shopify.com");
});
