/** Proves that a proxied visit of one store, its signed text split elsewhere, opens the door of no other, and that honest ones pass. */
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { createTokens, type CreateTokensOptions } from "./create-tokens.ts";
import { type ShopifyAppLike, withTokens } from "./with-tokens.ts";

const SECRET = "shpss_00000000000000000000000000000000";
const SIGNED = { logged_in_customer_id: "", path_prefix: "/apps/x", shop: "mallory.myshopify.com", timestamp: "1" };

const query = async () => ({});
const tokens = createTokens({
  database: { query, connect: query },
  phase: "expand",
  api: { apiKey: "key", apiSecretKey: SECRET, apiVersion: "2026-10", appUrl: "https://app.example" },
} as unknown as CreateTokensOptions);

/** What the library checks: every parameter, sorted, with nothing between. */
const textOf = (parameters: Record<string, string>) =>
  Object.entries(parameters)
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, value]) => `${name}=${value}`)
    .join("");
const signatureOf = (parameters: Record<string, string>) =>
  createHmac("sha256", SECRET).update(textOf(parameters)).digest("hex");

/** @returns the shop that the app is told of, or the status of the refusal. */
async function visit(parameters: Record<string, string>, signature = signatureOf(parameters)): Promise<unknown> {
  const library = {
    authenticate: {
      admin: () => Promise.reject(new Error("not asked")),
      webhook: () => Promise.reject(new Error("not asked")),
      public: {
        appProxy: async ({ url }: Request) => {
          const { signature: given, ...others } = Object.fromEntries(new URL(url).searchParams);
          return given === signatureOf(others) ? others.shop : "unsigned";
        },
      },
    },
    unauthenticated: { admin: () => Promise.resolve() },
  } satisfies ShopifyAppLike;
  const { appProxy } = withTokens(library, tokens).authenticate.public;
  const address = `https://app.example/proxy?${new URLSearchParams({ ...parameters, signature })}`;
  return appProxy(new Request(address)).catch((thrown: unknown) => (thrown as Response).status);
}

test.each([
  [{ q: "1shop=victim.myshopify.comsi=" }, { q: "1", shop: "victim.myshopify.com", si: "shop=mallory.myshopify.com" }],
  [{ a: "1shop=victim.myshopify.comz=" }, { a: "1", shop: "victim.myshopify.com" }],
  [{ q: "1shop=Victim.myshopify.comsh=" }, { q: "1", shop: "Victim.myshopify.com", sh: "shop=mallory.myshopify.com" }],
])("the visit with %o, split as %o", async (chosen, split) => {
  const signature = signatureOf({ ...SIGNED, ...chosen });
  const answer = await visit({ ...SIGNED, ...split }, signature);
  expect([400, "unsigned"]).toContain(answer);
});

test("the split that keeps the signature is one to the library, and refused", async () => {
  const signature = signatureOf({ ...SIGNED, q: "1shop=victim.myshopify.comsi=" });
  const split = { ...SIGNED, q: "1", shop: "victim.myshopify.com", si: "shop=mallory.myshopify.com" };
  expect(signatureOf(split)).toBe(signature);
  expect(await visit(split, signature)).toBe(400);
});

test.each<Record<string, string>>([{}, { q: "a shop=b" }, { workshop: "7" }, { return: "/collections/shop?shop=1" }])(
  "an honest visit with %o",
  async (chosen) => {
    expect(await visit({ ...SIGNED, ...chosen })).toBe("mallory.myshopify.com");
  },
);
