// Proves the rules of the Admin API, through Shopify's own library.
import { GraphqlQueryError } from "@shopify/shopify-api";
import { expect, test } from "vitest";

import { newShop, setUpContract } from "./support.ts";

const contract = setUpContract();
const { acquire, query, client } = contract;

async function openShop(options: Parameters<ReturnType<typeof client>["installShop"]>[1] = {}) {
  const shop = newShop();
  await client().installShop(shop, options);
  return acquire(shop);
}

test("the shop query answers with this shop's own name, plan and domain", async () => {
  const session = await openShop({ name: "Snow & Sons", plan: "Shopify Plus" });
  expect(
    await query(
      session,
      "{ shop { id name myshopifyDomain plan { publicDisplayName shopifyPlus } primaryDomain { url } } }",
    ),
  ).toEqual({
    shop: {
      id: expect.stringMatching(/^gid:\/\/shopify\/Shop\/\d+$/),
      name: "Snow & Sons",
      myshopifyDomain: session.shop,
      plan: { publicDisplayName: "Shopify Plus", shopifyPlus: true },
      primaryDomain: { url: `https://${session.shop}` },
    },
  });
});

test("a query that Shopify would refuse fails here too", async () => {
  const session = await openShop();
  await expect(query(session, "{ shop { nmae } }")).rejects.toThrow(GraphqlQueryError);
  await expect(query(session, "{ shop { nmae } }")).rejects.toThrow("Field 'nmae' doesn't exist on type 'Shop'");
});

test("answers carry cost and throttle status; an empty bucket is THROTTLED with status 200", async () => {
  const session = await openShop();
  const call = () =>
    contract.raw(session.shop, session.accessToken!, {
      query: "{ products(first: 250) { nodes { id variants(first: 4) { nodes { id } } } } }",
    });
  const first = (await (await call()).json()) as { extensions: { cost: Record<string, unknown> } };
  expect(first.extensions.cost).toMatchObject({
    requestedQueryCost: expect.any(Number),
    throttleStatus: { maximumAvailable: 2000, restoreRate: 100 },
  });
  let last: Response = await call();
  for (let i = 0; i < 5; i++) last = await call();
  expect(last.status).toBe(200);
  expect(await last.json()).toMatchObject({ errors: [{ message: "Throttled", extensions: { code: "THROTTLED" } }] });
  await client().clock.advance(60_000);
  expect(await (await call()).json()).not.toHaveProperty("errors");
});

test("what is mocked is the same at each request, and a list ends with its first page", async () => {
  const session = await openShop({ scopes: ["read_products"] });
  const list = `{
    products(first: 2) { nodes { status totalInventory tracksInventory isGiftCard } pageInfo { hasNextPage endCursor } }
    webhookSubscriptions(first: 2) { edges { node { topic } } pageInfo { hasNextPage } }
  }`;
  const first = await query(session, list);
  expect(first).toMatchObject({
    products: { nodes: [{ status: "ACTIVE", isGiftCard: false }, {}], pageInfo: { hasNextPage: false } },
    webhookSubscriptions: { edges: [], pageInfo: { hasNextPage: false } },
  });
  for (let again = 0; again < 10; again++) expect(await query(session, list)).toEqual(first);
});

test("a metafield that is set can be read back, by this shop alone", async () => {
  const [mine, other] = [await openShop(), await openShop()];
  const { shop } = (await query(mine, "{ shop { id } }")) as { shop: { id: string } };
  const written = await query(
    mine,
    `mutation ($metafields: [MetafieldsSetInput!]!) {
      metafieldsSet(metafields: $metafields) { metafields { id namespace key value } userErrors { field message } }
    }`,
    { metafields: [{ ownerId: shop.id, namespace: "$app", key: "stamp", type: "single_line_text_field", value: "1" }] },
  );
  expect(written).toMatchObject({ metafieldsSet: { metafields: [{ key: "stamp", value: "1" }], userErrors: [] } });
  const read =
    '{ shop { metafield(namespace: "$app", key: "stamp") { value jsonValue } metafields(first: 5) { nodes { key } } } }';
  expect(await query(mine, read)).toEqual({
    shop: { metafield: { value: "1", jsonValue: 1 }, metafields: { nodes: [{ key: "stamp" }] } },
  });
  expect(await query(other, read)).toEqual({ shop: { metafield: null, metafields: { nodes: [] } } });
});

test("currentAppInstallation tells the granted scopes", async () => {
  const session = await openShop({ scopes: ["read_products"] });
  expect(await query(session, "{ currentAppInstallation { accessScopes { handle } app { title } } }")).toEqual({
    currentAppInstallation: { accessScopes: [{ handle: "read_products" }], app: { title: "Sandbox app" } },
  });
});

test("a field whose scope was not granted is ACCESS_DENIED with status 200", async () => {
  const session = await openShop({ scopes: ["read_products"] });
  const answer = await contract.raw(session.shop, session.accessToken!, {
    query: "{ orders(first: 1) { nodes { id } } }",
  });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: "ACCESS_DENIED" }, path: ["orders"] }] });
});

test("a dead or missing access token is 401 with Shopify's words", async () => {
  const { shop } = await openShop();
  const answer = await contract.raw(shop, "shpat_ffffffffffffffffffffffffffffffff");
  expect(answer.status).toBe(401);
  expect(answer.headers.get("x-request-id")).toBeTruthy();
  expect(await answer.json()).toEqual({
    errors: "[API] Invalid API key or access token (unrecognized login or wrong password)",
  });
});

test("unknown API versions, REST and unknown shops are 404", async () => {
  const session = await openShop();
  expect((await contract.raw(session.shop, session.accessToken!, { version: "2019-01" })).status).toBe(404);
  expect((await fetch(`https://${session.shop}/admin/api/2026-10/shop.json`)).status).toBe(404);
  expect((await contract.raw("nobody.myshopify.com", session.accessToken!)).status).toBe(404);
});

test.each([
  ["public", "2026-04-01", "by-date", 403],
  ["public", "2026-03-31", "by-date", 200],
  ["custom", "2026-06-01", "by-date", 200],
  ["public", "2024-01-01", "on", 403],
  ["public", "2026-06-01", "off", 200],
] as const)(
  "permanent tokens of a %s app created %s, enforcement %s: %i",
  async (kind, createdAt, enforcement, status) => {
    const { app } = contract.sandbox.platform.state;
    const before = { ...app };
    Object.assign(app, { kind, createdAt });
    await client().choices({ enforcement });
    const shop = newShop();
    const { accessToken } = await client().installShop(shop, { token: "permanent" });
    expect((await contract.raw(shop, accessToken!)).status).toBe(status);
    Object.assign(app, before);
  },
);
