// Proves that the login form takes the spellings of a shop that people type, and nothing else.
import { expect, it } from "vitest";
import { shopOfInput } from "./shop-of-input.ts";

it.each([
  ["my-store", "my-store.myshopify.com"],
  [" My-Store.myshopify.com ", "my-store.myshopify.com"],
  ["https://my-store.myshopify.com/admin/products?x=1", "my-store.myshopify.com"],
  ["https://admin.shopify.com/store/my-store/apps", "my-store.myshopify.com"],
])("understands %s", (typed, shop) => expect(shopOfInput(typed)).toBe(shop));

it.each(["", " ", "my store", "my-store.example.com", "-x", "a.myshopify.com.evil.example"])("refuses %s", (typed) =>
  expect(shopOfInput(typed)).toBeUndefined(),
);
