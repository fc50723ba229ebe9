/** Proves that what Shopify signed for one store, its text split elsewhere, opens the app proxy's door for no other, and that honest visits pass. */
import { createHmac } from "node:crypto";
import "@shopify/shopify-api/adapters/web-api";
import { ApiVersion, shopifyApi } from "@shopify/shopify-api";
import { expect, test } from "vitest";
import { createTokens, type CreateTokensOptions } from "./create-tokens.ts";
import { type ShopifyAppLike, withTokens } from "./with-tokens.ts";

const SECRET = "shpss_00000000000000000000000000000000";
const NOW = String(Math.floor(Date.now() / 1_000));
const SIGNED = { logged_in_customer_id: "", path_prefix: "/apps/x", shop: "mallory.myshopify.com", timestamp: NOW };
const VICTIM = "victim.myshopify.com";

const query = async () => ({});
const tokens = createTokens({
  database: { query, connect: query },
  phase: "expand",
  api: { apiKey: "key", apiSecretKey: SECRET, apiVersion: "2026-10", appUrl: "https://app.example" },
} as unknown as CreateTokensOptions);

const library = shopifyApi({
  apiKey: "key",
  apiSecretKey: SECRET,
  apiVersion: ApiVersion.October26,
  hostName: "app.example",
  isEmbeddedApp: true,
});
/** As `authenticate.public.appProxy` checks a visit: Remix's own empty `index` is not in what Shopify signed. */
async function isValid(url: string): Promise<boolean> {
  const { searchParams } = new URL(url);
  if (!searchParams.get("index")) searchParams.delete("index");
  return library.utils.validateHmac(searchParams as never, { signator: "appProxy" });
}

/** What Shopify signs of a visit: every parameter, sorted, with nothing between. */
const textOf = (parameters: Record<string, string>) =>
  Object.entries(parameters)
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, value]) => `${name}=${value}`)
    .join("");
const sign = (text: string) => createHmac("sha256", SECRET).update(text).digest("hex");
const signatureOf = (parameters: Record<string, string>) => sign(textOf(parameters));

type Parameters = Record<string, string> | [name: string, value: string][];
/** @returns the shop that the app is told of, or the status of the refusal. */
async function visit(
  parameters: Parameters,
  signature = signatureOf(parameters as Record<string, string>),
): Promise<unknown> {
  const app = {
    authenticate: {
      admin: () => Promise.reject(new Error("not asked")),
      webhook: () => Promise.reject(new Error("not asked")),
      public: {
        appProxy: async ({ url }: Request) =>
          (await isValid(url)) ? new URL(url).searchParams.get("shop") : "unsigned",
      },
    },
    unauthenticated: { admin: () => Promise.resolve() },
  } satisfies ShopifyAppLike;
  const { appProxy } = withTokens(app, tokens).authenticate.public;
  const address = `https://app.example/proxy?${new URLSearchParams([...new URLSearchParams(parameters), ["signature", signature]])}`;
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
  expect(await isValid(`https://app.example/?${new URLSearchParams({ ...split, signature })}`)).toBe(true);
  expect(await visit(split, signature)).toBe(400);
});

test("the Admin's launch of one's own store, a link's parameters in it, is no visit of another", async () => {
  const launch = new URLSearchParams({
    embedded: "1",
    shop: SIGNED.shop,
    timestamp: NOW,
    xshop: `${VICTIM}t`,
    z: "1",
    zztimestamp: NOW,
  });
  const text = launch.toString();
  const split = {
    embedded: "1&sh",
    op: `${SIGNED.shop}&timestamp=${NOW}&x`,
    shop: VICTIM,
    "t&z": "1&zz",
    timestamp: NOW,
    index: "",
  };
  expect(await isValid(`https://app.example/?${new URLSearchParams({ ...split, signature: sign(text) })}`)).toBe(true);
  expect(await visit(split, sign(text))).toBe(400);
});

test("names that sort alike in one reading and not in another open no other shop", async () => {
  const honest = `${SIGNED.shop}timestamp=${NOW}z=logged_in_customer_id=`;
  const text = `1=x1\u00ad=ylogged_in_customer_id=path_prefix=/apps/xshop=${honest}path_prefix=/apps/xshop=${VICTIM}timestamp=${NOW}`;
  const split: [string, string][] = [
    ["1\u00ad", "ylogged_in_customer_id=path_prefix=/apps/xsh"],
    ["1", "x"],
    ["op", honest],
    ["path_prefix", "/apps/x"],
    ["shop", VICTIM],
    ["timestamp", NOW],
  ];
  const query = new URLSearchParams([...split, ["signature", sign(text)]]);
  expect(await isValid(`https://app.example/?${query}`)).toBe(true);
  expect(await visit(split, sign(text))).toBe(400);
});

test("a visit with hundreds of parameters is refused before they are sorted", async () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`p${i}`, "1"]));
  expect(await visit({ ...SIGNED, ...many })).toBe(400);
});

test.each([
  ["an `index` of Remix's own", { index: "" }, {}],
  ["an `index` of the visitor's", { index: "2" }, { index: "2" }],
])("an honest visit with %s", async (_, added, signed) => {
  expect(await visit({ ...SIGNED, ...added }, signatureOf({ ...SIGNED, ...signed }))).toBe(SIGNED.shop);
});

test.each<Record<string, string>>([{}, { q: "a shop=b" }, { workshop: "7" }, { return: "/collections/shop?shop=1" }])(
  "an honest visit with %o",
  async (chosen) => {
    expect(await visit({ ...SIGNED, ...chosen })).toBe("mallory.myshopify.com");
  },
);
