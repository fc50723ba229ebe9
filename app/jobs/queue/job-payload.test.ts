// Proves that a job can hold a shop and nothing else, for the compiler and at run time.
import type { Session } from "@shopify/shopify-api";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Jobs } from "./create-jobs.ts";
import { InvalidJobPayloadError, type JobPayload, type JobTarget, parseJobPayload } from "./job-payload.ts";
import { NotAShopDomainError, requireShopDomain, type ShopDomain } from "../../infra/shop-domain.ts";

const TOKENS = [
  "shpat_0123456789abcdef0123456789abcdef",
  "shprt_0123456789abcdef0123456789abcdef",
  "0123456789abcdef0123456789abcdef",
  "eyJhbGciOiJIUzI1NiJ9.eyJkZXN0IjoiaHR0cHM6Ly9hIn0.c2lnbmF0dXJl",
];

describe("a token in a job, for the compiler", () => {
  // Never called: what it says is checked by `npm run typecheck`, which fails when an error that is expected does not come.
  async function _refused(jobs: Jobs, session: Session & { shop: ShopDomain }, shop: ShopDomain, token: string) {
    await jobs.enqueue("refresh-shop", { shop });
    // @ts-expect-error unchecked text is no shop
    await jobs.enqueue("refresh-shop", { shop: token });
    // @ts-expect-error there is no field for it
    await jobs.enqueue("refresh-shop", { shop, accessToken: token });
    const withToken = { shop, accessToken: token };
    // @ts-expect-error not through a variable either, where TypeScript otherwise allows more fields
    await jobs.enqueue("refresh-shop", withToken);
    // @ts-expect-error a session has a shop, and is no target
    await jobs.enqueue("refresh-shop", session);
  }

  it("has no field to stand in", () => {
    expectTypeOf<keyof JobTarget>().toEqualTypeOf<"shop">();
    expectTypeOf<JobTarget["shop"]>().toEqualTypeOf<ShopDomain>();
    expectTypeOf<keyof JobPayload>().toEqualTypeOf<"shop" | "postponed">();
    expectTypeOf<string>().not.toExtend<ShopDomain>();
    expectTypeOf(_refused).toBeFunction();
  });
});

describe("parseJobPayload", () => {
  it("accepts a shop, and how often the job was put off", () => {
    expect(parseJobPayload({ shop: "A-Shop.myshopify.com" })).toEqual({ shop: "a-shop.myshopify.com", postponed: 0 });
    expect(parseJobPayload({ shop: "a.myshopify.com", postponed: 3 }).postponed).toBe(3);
  });

  it.each(TOKENS)(
    "refuses a token for a shop, in a field more, or as a field's name, and does not repeat it (%#)",
    (token) => {
      for (const payload of [
        { shop: token },
        { shop: `${token}.myshopify.com.example.com` },
        { shop: "a.myshopify.com", accessToken: token },
        { shop: "a.myshopify.com", [token]: 1 },
        { shop: "a.myshopify.com", postponed: token },
        token,
        [token],
        null,
      ]) {
        const refusal = catchError(() => parseJobPayload(payload));
        expect(refusal).toBeInstanceOf(InvalidJobPayloadError);
        expect(String(refusal)).not.toContain(token);
      }
    },
  );
});

describe("requireShopDomain", () => {
  it.each(["a.myshopify.com", " A-1.MyShopify.com "])("accepts %j", (text) => {
    expect(requireShopDomain(text)).toBe(text.trim().toLowerCase());
  });

  it.each(["", "a.example.com", "-a.myshopify.com", "a.myshopify.com.evil.test", "https://a.myshopify.com", ...TOKENS])(
    "refuses %j without repeating it",
    (text) => {
      const refusal = catchError(() => requireShopDomain(text));
      expect(refusal).toBeInstanceOf(NotAShopDomainError);
      if (text) expect(String(refusal)).not.toContain(text);
    },
  );
});

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
