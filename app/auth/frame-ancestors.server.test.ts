import { expect, it } from "vitest";
import { frameAncestors } from "./frame-ancestors.server.ts";

const policyFor = (query: string) => frameAncestors(new Request(`https://app.test/app${query}`));

it("lets the shop's own Admin frame its pages", () => {
  expect(policyFor("?shop=a.myshopify.com")).toBe("frame-ancestors https://a.myshopify.com https://admin.shopify.com");
});

it.each(["", "?shop=", "?shop=*", "?shop=evil.example", "?shop=a.myshopify.com%3B+script-src+*"])(
  "lets nobody frame a page with the query %s",
  (query) => expect(policyFor(query)).toBe("frame-ancestors 'none'"),
);
