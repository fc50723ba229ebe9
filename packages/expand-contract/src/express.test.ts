/** Proves that during a rotation the library for Express reads the query with the signature of the secret that it knows. */
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { signBody } from "../../../tests/support/signatures.ts";
import { createTokens, type CreateTokensOptions } from "./create-tokens.ts";
import { type ExpressAppLike, withExpressTokens } from "./express.ts";

const [CURRENT, PREVIOUS] = ["shpss_current", "shpss_previous"];

const query = async () => ({});
const tokens = createTokens({
  database: { query, connect: query },
  phase: "expand",
  api: { apiKey: "key", apiSecretKey: CURRENT, apiVersion: "2026-10", appUrl: "https://app.example" },
  previousSecret: PREVIOUS,
} as unknown as CreateTokensOptions);

const hmac = (secret: string, query: URLSearchParams) =>
  createHmac("sha256", secret).update(query.toString()).digest("hex");

test("below the path that a router is mounted at, too", async () => {
  const seen: { originalUrl?: string; url?: string }[] = [];
  const library = {
    auth: { begin: () => () => {}, callback: () => () => {} },
    validateAuthenticatedSession: () => () => {},
    ensureInstalledOnShop: () => (request: { originalUrl?: string; url?: string }) => void seen.push({ ...request }),
    processWebhooks: () => [],
  } satisfies ExpressAppLike;
  const signed = new URLSearchParams({ shop: "a.myshopify.com", timestamp: "1" });
  const search = (secret: string) => `?${new URLSearchParams([...signed, ["hmac", hmac(secret, signed)]])}`;
  const request = { headers: {}, originalUrl: `/api/auth${search(PREVIOUS)}`, url: `/auth${search(PREVIOUS)}` };
  const wrapped: ExpressAppLike = withExpressTokens(library, tokens);
  await wrapped.ensureInstalledOnShop()(request as never, {} as never, () => {});
  expect(seen).toEqual([
    expect.objectContaining({ originalUrl: `/api/auth${search(CURRENT)}`, url: `/auth${search(CURRENT)}` }),
  ]);
});

test("what the library fails on, or never answers, is answered 4xx", async () => {
  const library = {
    auth: { begin: () => () => "begun", callback: () => () => "called back" },
    validateAuthenticatedSession: () => () => {},
    ensureInstalledOnShop: () => () => {},
    processWebhooks: () => [() => {}, () => "processed"],
  };
  const wrapped: ExpressAppLike = withExpressTokens(library, tokens);
  const process = wrapped.processWebhooks({ webhookHandlers: {} } as never)[1]!;
  const answerOf = async (middleware: (...given: never[]) => unknown, request: object) => {
    const response = {
      status: 0,
      headersSent: false,
      writeHead: (status: number) => (response.status = status),
      end() {},
    };
    const said = await middleware({ headers: {}, ...request } as never, response as never, (() => {}) as never);
    return response.status || said;
  };
  for (const search of [
    "",
    "?shop=",
    "?shop=%00",
    "?shop=a.example.com",
    "?shop=a.myshopify.com&shop=b.myshopify.com",
  ]) {
    for (const middleware of [wrapped.auth.begin(), wrapped.auth.callback()]) {
      expect(await answerOf(middleware, { originalUrl: `/api/auth${search}` }), search).toBe(400);
    }
  }
  expect(await answerOf(wrapped.auth.begin(), { originalUrl: "/api/auth?shop=a.myshopify.com" })).toBe("begun");
  const many = new URLSearchParams(Array.from({ length: 1_001 }, (_, i) => [`x${i}`, ""]));
  for (const odd of ["host=AAAA", "host=Ww==", "shop[]=x", "shop%5B0%5D=x", "host[a]=x", String(many)]) {
    const originalUrl = `/api/auth?${odd}&shop=a.myshopify.com`;
    for (const middleware of [wrapped.auth.begin(), wrapped.auth.callback(), wrapped.ensureInstalledOnShop()]) {
      expect(await answerOf(middleware, { originalUrl }), odd).toBe(400);
    }
  }
  const guarded = wrapped.validateAuthenticatedSession();
  for (const authorization of ["Basic x", "Bearer", "bearer a.b.c", "Bearer a.b.c y", ""]) {
    expect(await answerOf(guarded, { headers: { authorization }, originalUrl: "/" }), authorization).toBe(401);
  }
  expect(await answerOf(process, {})).toBe(400);
  expect(await answerOf(process, { body: "{}" })).toBe("processed");
  const signed = (text: string) => ({
    "x-shopify-hmac-sha256": signBody(text, CURRENT),
    "x-shopify-shop-domain": "a.myshopify.com",
    "x-shopify-topic": "orders/create",
  });
  expect(await answerOf(process, { body: "{}", headers: signed("{}") })).toBe("processed");
  for (const body of ["e30.e30", "a=1&shop=a.myshopify.com", "[]", "null", ""]) {
    expect(await answerOf(process, { body, headers: signed(body) }), body).toBe(400);
  }
  const twice = { "shopify-hmac-sha256": "B".repeat(44), "x-shopify-hmac-sha256": "A".repeat(44) };
  expect(await answerOf(process, { body: "{}", headers: twice })).toBe(400);
});
