/** Proves that during a rotation the library for Express reads the query with the signature of the secret that it knows. */
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
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
