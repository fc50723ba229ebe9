import { describe, expect, it } from "vitest";
import { claimedShop, findIdToken } from "./shop-of-request.server.ts";

const idTokenFor = (dest: unknown) => `e30.${Buffer.from(JSON.stringify({ dest })).toString("base64url")}.sig`;
const request = (query: string, idToken?: string) =>
  new Request(`https://app.test/app${query}`, { headers: idToken ? { Authorization: `Bearer ${idToken}` } : {} });

describe("findIdToken", () => {
  it("prefers App Bridge's header over the address", () => {
    expect(findIdToken(request("?id_token=from-address", "from-header"))).toBe("from-header");
    expect(findIdToken(request("?id_token=from-address"))).toBe("from-address");
    expect(findIdToken(request(""))).toBeUndefined();
  });
});

describe("claimedShop", () => {
  it("believes the ID token before the address", () => {
    expect(claimedShop(request("?shop=b.myshopify.com", idTokenFor("https://a.myshopify.com")))).toBe(
      "a.myshopify.com",
    );
    expect(claimedShop(request("?shop=B.myshopify.com"))).toBe("b.myshopify.com");
  });

  it.each(["rubbish", "a.b.c", idTokenFor("https://evil.example"), idTokenFor(7), idTokenFor(undefined)])(
    "falls back to the address for an ID token like %s",
    (idToken) => expect(claimedShop(request("?shop=b.myshopify.com", idToken))).toBe("b.myshopify.com"),
  );

  it.each(["", "?shop=evil.example", "?shop=a.myshopify.com.evil.example", "?shop=*"])("is undefined for %s", (query) =>
    expect(claimedShop(request(query))).toBeUndefined(),
  );
});
