// Proves that the wrappers of the package believe a request no more than what Shopify signed of it, with either client secret, and that strangers reach no handler.
import { createHmac } from "node:crypto";
import { Cookies } from "@shopify/shopify-api/runtime";
import { expect, onTestFinished, test, vi } from "vitest";
import { identifyRequest } from "../../packages/expand-contract/src/request-identity.ts";
import { BROWSER_USER_AGENT } from "../support/browser.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { signedProxyQuery } from "../support/signatures.ts";
import { CURRENT, delivery, packageHarness, PREVIOUS, reach } from "./package-harness.ts";

const { h, adopter, rotate } = packageHarness();

const expire = (shop: string) =>
  h.database.query(`UPDATE "Session" SET "expires" = now() AT TIME ZONE 'UTC' - interval '1 hour' WHERE shop = $1`, [
    shop,
  ]);
const callsOf = (shop: string) => h.sandbox.client.ledger.calls({ shop });

test.each(["app/uninstalled", "shop/redact"])(
  "%s reaches the app's own handler when Shopify says so, and not for a shop that has the app",
  async (topic) => {
    const { authenticate } = adopter();
    const [installed, gone] = [await h.install("expiring"), await h.install("expiring")];
    await h.sandbox.client.uninstall(gone, { webhook: false });
    expect(await reach(authenticate.webhook(delivery(installed, topic)))).toBe(200);
    await h.expectCurrent(installed);
    expect(await reach(authenticate.webhook(delivery(gone, topic)))).toBe("reached");
    expect(await h.row(gone)).toBeUndefined();
  },
);

test.each(["x-", ""])(
  "a signed body that names another shop, or a redaction that names none, is refused under the headers of %sshopify",
  async (prefix) => {
    const { authenticate } = adopter();
    const shop = await h.install("expiring");
    await expire(shop);
    const before = await callsOf(shop);
    for (const topic of ["app/uninstalled", "shop/redact", "customers/redact", "customers/data_request"]) {
      const body = { myshopify_domain: "a.myshopify.com", shop_domain: "a.myshopify.com" };
      expect(await reach(authenticate.webhook(delivery(shop, topic, { body, prefix }))), topic).toBe(400);
    }
    const nameless = delivery(shop, "shop/redact", { body: { current: [] }, prefix });
    expect(await reach(authenticate.webhook(nameless))).toBe(400);
    const flow = { shopify_domain: "a.myshopify.com" };
    expect(await reach(authenticate.webhook(delivery(shop, "orders/create", { body: flow, prefix })))).toBe(400);
    expect(await callsOf(shop)).toEqual(before);
  },
);

test.each(["x-", ""])("what names no shop in %sshopify-shop-domain is refused, and leaves no row", async (prefix) => {
  const { authenticate } = adopter();
  const odd = ["evil.example", "x.shopify.com", "x.myshopify.io", `${"a".repeat(3_000)}.myshopify.com`, "a b"];
  for (const shop of odd) {
    for (const topic of ["app/uninstalled", "app/scopes_update", "shop/redact", "orders/create"]) {
      const signed = delivery(shop, topic, { body: { current: [] }, prefix });
      expect(await reach(authenticate.webhook(signed)), `${topic} of ${shop.slice(0, 20)}`).toBe(400);
    }
  }
  const rows = await h.database.query(`SELECT FROM expand_contract."ShopToken" WHERE "shop" = ANY($1)`, [odd]);
  expect(rows).toEqual([]);
});

test("an unsigned webhook is answered 401 without its body being parsed: 50 MB of brackets take JSON half a minute", async () => {
  const { authenticate } = adopter();
  const parse = vi.spyOn(JSON, "parse");
  onTestFinished(() => parse.mockRestore());
  expect(await reach(authenticate.webhook(delivery("a.myshopify.com", "app/uninstalled", { secret: "wrong" })))).toBe(
    401,
  );
  expect(parse).not.toHaveBeenCalled();
});

test("an ID token is no webhook, action of Flow or fulfillment request: Shopify signs all of them with one secret", async () => {
  const { authenticate } = adopter();
  const shop = await h.install("expiring");
  await expire(shop);
  const before = await callsOf(shop);
  const body = (await h.idToken(await h.install("none"))).split(".", 2).join(".");
  for (const topic of ["app/uninstalled", "orders/create", ""]) {
    for (const door of [authenticate.webhook, authenticate.flow, authenticate.fulfillmentService])
      expect(await reach(door(delivery(shop, topic, { body }))), topic).toBe(400);
  }
  expect(await callsOf(shop)).toEqual(before);
});

test("a fulfillment service is served; no signed body of another kind, or about another shop, is taken for its own", async () => {
  const { authenticate } = adopter();
  const shop = await h.install("expiring");
  await expire(shop);
  const before = await callsOf(shop);
  const ask = (body: object) =>
    reach(authenticate.fulfillmentService(delivery(shop, "", { body, path: "/fulfillment" })));
  for (const body of [
    { id: 1, current: ["read_products"] },
    { kind: "sale" },
    { kind: "FULFILLMENT_REQUEST", shop_domain: "a.myshopify.com" },
    { kind: "FULFILLMENT_REQUEST", shopify_domain: "a.myshopify.com" },
  ]) {
    expect(await ask(body), JSON.stringify(body)).toBe(400);
  }
  expect(await callsOf(shop)).toEqual(before);
  for (let again = 0; again < 3; again++) expect(await ask({ kind: "FULFILLMENT_REQUEST" })).toBe("reached");
  expect(await h.tokenCalls(shop)).toHaveLength(1);
});

test("an action of Flow is served; a signed body of another kind, which names no shop, is answered 400", async () => {
  const { authenticate } = adopter();
  const shop = await h.install("expiring");
  const ask = (body: object) => reach(authenticate.flow(delivery(shop, "", { body, path: "/flow" })));
  for (const body of [{ id: 1, current: [] }, { shopify_domain: null }, { shopify_domain: "evil.example" }]) {
    expect(await ask(body), JSON.stringify(body)).toBe(400);
  }
  expect(await ask({ shopify_domain: shop })).toBe("reached");
});

test("what Shopify signed of a visit to the app proxy opens no other door; what a customer wrote into an order is the app's own matter", async () => {
  const { authenticate } = adopter();
  const shop = await h.install("expiring");
  await expire(shop);
  const before = await callsOf(shop);
  const visit = "=logged_in_customer_id=path_prefix=/apps/xshop=mallory.myshopify.comtimestamp=1795000000z=";
  const send = (topic: string, path?: string) =>
    delivery(shop, topic, {
      body: { shopify_domain: shop, shop_domain: shop, kind: "FULFILLMENT_REQUEST", x: visit },
      path,
    });
  for (const topic of ["", "orders/create"]) {
    for (const door of [authenticate.flow, authenticate.fulfillmentService, authenticate.webhook]) {
      const sent = send(topic);
      sent.headers.set("Shopify-Hmac-Sha256", `${"B".repeat(43)}=`);
      expect(await reach(door(sent)), `a second signature, ${topic}`).toBe(400);
    }
    expect(await reach(authenticate.flow(send(topic, "/flow"))), topic).toBe(401);
    expect(await reach(authenticate.fulfillmentService(send(topic, "/fulfillment"))), topic).toBe(401);
  }
  for (const topic of ["app/uninstalled", "shop/redact", "APP_UNINSTALLED"]) {
    expect(await reach(authenticate.webhook(send(topic))), topic).toBe(401);
  }
  expect(await callsOf(shop)).toEqual(before);
  expect(await reach(authenticate.webhook(send("orders/create")))).toBe("reached");
});

test("at the address of a topic of Shopify's own no other is taken: its handler would delete what Shopify was not asked about", async () => {
  const { authenticate } = adopter();
  const shop = await h.install("expiring");
  const at = (path: string, topic: string) => reach(authenticate.webhook(delivery(shop, topic, { path })));
  expect(await at("/webhooks/app/uninstalled", "orders/create")).toBe(400);
  for (const path of ["/webhooks", "/webhooks/app/scopes_update"])
    expect(await at(path, "app/scopes_update")).toBe("reached");
  await h.expectCurrent(shop);
});

test("an address whose host the library cannot read is answered 400", async () => {
  const { authenticate } = adopter();
  const headers = { "User-Agent": BROWSER_USER_AGENT };
  const open = new Request(`${TEST_APP.url}/app?shop=a.myshopify.com&embedded=1&host=AAAA`, { headers });
  expect(await reach(authenticate.admin(open))).toBe(400);
});

test("an app that is not embedded is known by the cookie that it signed, and by no other", async () => {
  const { api } = adopter();
  const shop = await h.install("expiring");
  const identify = async (key: string, id: string) => {
    const cookies = new Cookies({ method: "GET", url: "/", headers: {} }, {} as never, { keys: [key] });
    await cookies.setAndSign("shopify_app_session", id);
    const cookie = Object.values(cookies.outgoingCookieJar)
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
    const url = new URL(`${TEST_APP.url}/?shop=other.myshopify.com`);
    return (await identifyRequest(api, { url, authorization: undefined, cookie })).shop;
  };
  expect(await identify(TEST_APP.clientSecret, `offline_${shop}`)).toBe(shop);
  expect(await identify("another", `offline_${shop}`)).toBeNull();
  expect(await identify(TEST_APP.clientSecret, "4fd3a2c0-0000-4000-8000-000000000000")).toBeNull();
});

test("a pool that nothing listens to survives the end of an idle connection", async () => {
  const { pool } = adopter();
  await pool.query("SELECT 1");
  await h.database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query = 'SELECT 1'`,
  );
  await vi.waitFor(() => expect(pool.totalCount).toBe(0));
  expect((await pool.query("SELECT 2")).rowCount).toBe(1);
});

test("during a rotation what the previous secret signed is accepted at every door, and what a third signed at none", async () => {
  const { authenticate } = adopter({ secret: CURRENT, previousSecret: PREVIOUS });
  const shop = await h.install("none");
  await rotate();
  const idToken = await h.idToken(shop);
  const headers = { "User-Agent": BROWSER_USER_AGENT, Authorization: `Bearer ${idToken}` };
  const opened = await authenticate.admin(new Request(`${TEST_APP.url}/app?shop=${shop}`, { headers }));
  // A copy, and the stored token: the first open exchanges.
  expect(opened.session.accessToken).toBe((await h.expectCurrent(shop)).accessToken);
  const document = new URLSearchParams({
    embedded: "1",
    host: Buffer.from("admin.shopify.com/store/x").toString("base64url"),
    id_token: await h.idToken(shop),
    shop,
    timestamp: String(Math.floor(Date.now() / 1_000)),
  });
  document.set("hmac", createHmac("sha256", PREVIOUS).update(document.toString()).digest("hex"));
  const page = new Request(`${TEST_APP.url}/app?${document}`, { headers: { "User-Agent": BROWSER_USER_AGENT } });
  expect((await authenticate.admin(page)).session.shop).toBe(shop);

  const visit = (secret: string) =>
    reach(authenticate.public.appProxy(new Request(`${TEST_APP.url}/proxy?${signedProxyQuery(shop, secret)}`)));
  const doors = (secret: string) =>
    Promise.all([
      reach(authenticate.webhook(delivery(shop, "orders/create", { body: { id: 1 }, secret }))),
      reach(authenticate.webhook(delivery(shop, "orders/create", { body: { id: 1 }, secret, prefix: "" }))),
      reach(authenticate.flow(delivery(shop, "", { body: { shopify_domain: shop }, secret }))),
      reach(authenticate.fulfillmentService(delivery(shop, "", { body: { kind: "FULFILLMENT_REQUEST" }, secret }))),
      visit(secret),
    ]);
  for (const secret of [PREVIOUS, CURRENT]) expect(await doors(secret)).toEqual(Array(5).fill("reached"));
  expect(await doors("shpss_third")).toEqual([401, 401, 400, 400, 400]);
  // A signed webhook for another shop is one during a rotation, too.
  const stray = delivery(shop, "app/uninstalled", { body: { myshopify_domain: "a.myshopify.com" }, secret: PREVIOUS });
  expect(await reach(authenticate.webhook(stray))).toBe(400);
});
