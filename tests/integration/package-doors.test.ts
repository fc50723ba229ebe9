// Proves that the wrappers of the package believe a request no more than what Shopify signed of it, with either client secret, and that strangers reach no handler.
import "@shopify/shopify-app-remix/adapters/node";
import { createHmac } from "node:crypto";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { Cookies } from "@shopify/shopify-api/runtime";
import { ApiVersion, AppDistribution, LogSeverity, shopifyApp } from "@shopify/shopify-app-remix/server";
import pg from "pg";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { createTokens } from "../../packages/expand-contract/src/create-tokens.ts";
import { operatorMiddleware } from "../../packages/expand-contract/src/operator/operator-middleware.ts";
import { operatorRoutes } from "../../packages/expand-contract/src/operator/operator-routes.ts";
import { identifyRequest } from "../../packages/expand-contract/src/request-identity.ts";
import { withTokens } from "../../packages/expand-contract/src/with-tokens.ts";
import { BROWSER_USER_AGENT } from "../support/browser.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { createApi, tokensHarness } from "./tokens-harness.ts";

// As the build of the package does it: the operator's handlers get their services from the adopter.
vi.mock(
  "../../app/services.server.ts",
  () => import("../../packages/expand-contract/src/operator/operator-services.ts"),
);

const PREVIOUS = TEST_APP.clientSecret;
const CURRENT = "shpss_package_doors_0123456789abcdef01";
const OPERATOR = "o".repeat(32);

const h = tokensHarness();
const pools: pg.Pool[] = [];
afterAll(() => Promise.all(pools.map((pool) => pool.end())));

function adopter({ secret = TEST_APP.clientSecret, previousSecret = undefined as string | undefined } = {}) {
  const pool = new pg.Pool({ connectionString: h.database.url, max: 4 });
  pools.push(pool);
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const sessions = { layout: "prisma" } as const;
  const api = createApi(secret);
  const tokens = createTokens({
    database: pool,
    sessions,
    phase: "expand",
    api,
    previousSecret,
    clock: h.now,
    log: quiet,
  });
  const library = shopifyApp({
    apiKey: TEST_APP.clientId,
    apiSecretKey: secret,
    apiVersion: ApiVersion.October26,
    scopes: TEST_APP.scopes,
    appUrl: TEST_APP.url,
    authPathPrefix: "/auth",
    sessionStorage: tokens.sessionStorage,
    distribution: AppDistribution.AppStore,
    future: { unstable_newEmbeddedAuthStrategy: true, expiringOfflineAccessTokens: true },
    logger: { level: LogSeverity.Error, log: async () => {} },
  });
  return { pool, tokens, api, authenticate: withTokens(library, tokens).authenticate };
}

const sign = (body: string, secret = TEST_APP.clientSecret) =>
  createHmac("sha256", secret).update(body).digest("base64");

interface Sent {
  body?: object;
  secret?: string;
  path?: string;
  prefix?: string;
}

function delivery(
  shop: string,
  topic: string,
  { body, secret, path = "/webhooks", prefix = "x-" }: Sent = {},
): Request {
  const text = JSON.stringify(body ?? { myshopify_domain: shop, shop_domain: shop });
  return new Request(TEST_APP.url + path, {
    method: "POST",
    body: text,
    headers: {
      "Content-Type": "application/json",
      "User-Agent": BROWSER_USER_AGENT,
      [`${prefix}shopify-topic`]: topic,
      [`${prefix}shopify-shop-domain`]: shop,
      [`${prefix}shopify-api-version`]: "2026-10",
      [`${prefix}shopify-webhook-id`]: "1",
      [`${prefix}shopify-triggered-at`]: new Date(h.now()).toISOString(),
      [`${prefix}shopify-hmac-sha256`]: sign(text, secret),
    },
  });
}

/** Whether the app's own code behind `authenticate` is reached, and else what is answered. */
const reach = (authenticated: Promise<unknown>) =>
  authenticated.then(
    () => "reached",
    (thrown: unknown) => (thrown instanceof Response ? thrown.status : Promise.reject(thrown as Error)),
  );
let rotated: Promise<unknown> | undefined;
/** From now on there are two secrets; Shopify signs with the older one. */
const rotate = () => (rotated ??= h.sandbox.client.rotateSecret(CURRENT));
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

test("operatorRoutes says at start that its secret is missing or too short", () => {
  const { tokens } = adopter();
  const start = (secret: string | undefined, monitorSecret?: string) => () =>
    operatorRoutes({ tokens, secret, monitorSecret });
  expect(start(undefined)).toThrow(
    /`secret` of operatorRoutes is undefined and needs 32 or more: openssl rand -hex 32\. Is its variable set/,
  );
  expect(start("")).toThrow(/`secret` of operatorRoutes has 0 characters/);
  expect(start(" ".repeat(40))).toThrow(/has 0 characters/);
  expect(start("short")).toThrow(/has 5 characters/);
  expect(start(OPERATOR, "short")).toThrow(/`monitorSecret` of operatorRoutes has 5 characters/);
  expect(start(OPERATOR, OPERATOR)).toThrow(/must not be `secret`/);
});

/** As an adopter mounts the operator's routes in Express. @returns what answers a request of a raw method and target. */
async function mounted(handle: (request: Request) => Promise<Response>) {
  const failed: unknown[] = [];
  const middleware = operatorMiddleware({ handle });
  const server = createServer((request, response) => {
    void middleware(request, response, (error) => {
      failed.push(error);
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    new Promise<{ status?: number; text: string }>((resolve, reject) => {
      const request = httpRequest({ port, method, path, headers, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.once("close", () => resolve({ status: answer.statusCode, text }));
      });
      request.once("error", reject).end(body);
    });
  return { ask, failed, port };
}

test("POST /admin/client-secret refreshes the chains of the previous secret, once, and only for the operator", async () => {
  const { tokens } = adopter();
  const shops = [await h.install("none"), await h.install("none")];
  for (const shop of shops) await tokens.getSession(shop, { idToken: await h.idToken(shop) });
  await rotate();
  const rotating = adopter({ secret: CURRENT, previousSecret: PREVIOUS });
  const { handle } = operatorRoutes({ tokens: rotating.tokens, secret: OPERATOR });
  const { ask } = await mounted(handle);
  const repin = async (body = "", authorization = `Bearer ${OPERATOR}`) => {
    const { status, text } = await ask("POST", "/admin/client-secret", { authorization }, body);
    return { status, answer: JSON.parse(text) as Record<string, unknown> };
  };
  expect(await repin("", "Bearer wrong")).toMatchObject({ status: 401 });
  expect(await repin('{"ratePerSecond": 0}')).toMatchObject({ status: 422, answer: { code: "invalid_request" } });
  expect(await repin('{"dryRun": true}')).toMatchObject({ status: 200, answer: { outcomes: {} } });
  const refreshes = async () =>
    (await h.sandbox.client.ledger.calls({ grant: "refresh" })).filter(({ shop }) => shops.includes(shop)).length;
  expect(await refreshes()).toBe(0);
  for (const again of [1, 2]) {
    const done = await repin('{"ratePerSecond": 100}');
    expect(done, `${again}`).toMatchObject({ status: 200, answer: { next: null, clientSecret: { rotating: true } } });
    expect(await refreshes()).toBe(shops.length);
  }
  for (const shop of shops) await h.expectCurrent(shop);
});

test("the operator's routes in Express answer 4xx to what is no request, and a stream that fails or is left ends alone", async () => {
  let fail: (() => void) | undefined;
  let left = false;
  const handle = async ({ url, signal }: Request) => {
    if (url.endsWith("/stream")) {
      signal.addEventListener("abort", () => (left = true));
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode("first"));
          fail = () => controller.error(new Error("the database is away"));
        },
      });
      return new Response(stream);
    }
    return new Response("ok");
  };
  const { ask, failed } = await mounted(handle);
  expect((await ask("GET", "/admin/token-health")).text).toBe("ok");
  expect((await ask("TRACE", "/admin/token-health")).status).toBe(405);
  for (const target of ["http://x:99999/admin/token-health", "http://[/admin", "ftp://x/admin"]) {
    expect((await ask("GET", target)).status, target).toBe(400);
  }
  const cut = ask("GET", "/stream");
  await vi.waitFor(() => expect(fail).toBeDefined());
  fail!();
  await cut;
  await vi.waitFor(() => expect(left).toBe(true));
  expect((await ask("GET", "/admin/token-health")).text).toBe("ok");
  expect(failed).toEqual([]);
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

  const proxied = { path_prefix: "/apps/x", shop, timestamp: String(Math.floor(Date.now() / 1_000)) };
  const text = Object.entries(proxied)
    .map(([name, value]) => `${name}=${value}`)
    .join("");
  const visit = (secret: string) => {
    const signature = createHmac("sha256", secret).update(text).digest("hex");
    return reach(
      authenticate.public.appProxy(
        new Request(`${TEST_APP.url}/proxy?${new URLSearchParams({ ...proxied, signature })}`),
      ),
    );
  };
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
