// Proves that webhooks are signed, sent and repeated as Shopify does.
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { DAY, HOUR, MINUTE, newShop, setUpContract } from "./support.ts";

const contract = setUpContract({ appOptions: { tomlPath: join(import.meta.dirname, "shopify.app.toml") } });
const { client } = contract;

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

let received: Received[] = [];
let answerWith: (n: number) => number = () => 200;
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      received.push({ path: request.url!, headers: request.headers, body });
      response.writeHead(answerWith(received.length)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
beforeEach(async () => {
  received = [];
  answerWith = () => 200;
  await client().app({ deliverTo: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What the library makes of a webhook as it arrived. */
function validate({ headers, body }: Received) {
  return contract.library.webhooks.validate({
    rawBody: body,
    rawRequest: new Request("https://app.sandbox.test/webhooks", {
      method: "POST",
      headers: headers as Record<string, string>,
      body,
    }),
  });
}

test("webhooks go where the toml says, signed as the library checks it, with every X-Shopify header", async () => {
  const shop = newShop();
  await client().installShop(shop, { name: "Äpfel & Söhne" });
  await client().uninstall(shop);
  await client().setScopes(shop, ["read_products"]);
  expect(received.map(({ path }) => path)).toEqual(["/webhooks/app/uninstalled", "/webhooks/app/scopes_update"]);
  expect(await validate(received[0]!)).toMatchObject({
    valid: true,
    topic: "APP_UNINSTALLED",
    domain: shop,
    apiVersion: "2026-10",
    webhookId: expect.any(String),
    eventId: expect.any(String),
    triggeredAt: expect.stringMatching(/^\d{4}-/),
  });
  expect(JSON.parse(received[0]!.body)).toMatchObject({ myshopify_domain: shop, name: "Äpfel & Söhne" });
});

test("a topic the app has not subscribed to is not sent", async () => {
  const shop = newShop();
  await client().installShop(shop);
  expect(await client().webhooks.list({ shop })).toEqual([]);
});

test("tokens are dead before app/uninstalled arrives, however late it is", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const pair = await contract.acquire(shop);
  await client().uninstall(shop, { delayMs: HOUR });
  await expect(contract.query(pair)).rejects.toThrow(/401/);
  expect(received).toEqual([]);
  await client().clock.advance(HOUR);
  expect(received).toHaveLength(1);
});

test("a failed webhook is tried again 8 times within 4 hours, ever more slowly, with the same ids and body", async () => {
  const shop = newShop();
  await client().installShop(shop);
  answerWith = () => 500;
  const before = Date.parse(await client().clock.now());
  await client().uninstall(shop);
  await client().clock.advance(DAY);
  const [delivery] = await client().webhooks.list({ shop, topic: "app/uninstalled" });
  expect(delivery).toMatchObject({ state: "failed" });
  const times = delivery!.attempts.map(({ at }) => Date.parse(at));
  const delays = times.slice(1).map((time, index) => time - times[index]!);
  expect(delays).toHaveLength(8);
  expect(delays).toEqual([...delays].sort((a, b) => a - b));
  expect(Math.abs(times.at(-1)! - before - 4 * HOUR)).toBeLessThan(MINUTE);
  expect(new Set(received.map(({ headers }) => headers["x-shopify-webhook-id"])).size).toBe(1);
  expect(new Set(received.map(({ body }) => body)).size).toBe(1);
});

test("retries stop at the first success", async () => {
  const shop = newShop();
  await client().installShop(shop);
  answerWith = (n) => (n < 3 ? 503 : 200);
  await client().uninstall(shop);
  await client().clock.advance(HOUR);
  expect(received).toHaveLength(3);
});

test("shop/redact follows 48 hours after an uninstall, unless the app was installed again", async () => {
  const [gone, back] = [newShop(), newShop()];
  for (const shop of [gone, back]) {
    await client().installShop(shop);
    await client().uninstall(shop);
  }
  await client().clock.advance(47 * HOUR);
  await client().reinstall(back);
  received = [];
  await client().clock.advance(2 * HOUR);
  expect(received.map(({ headers }) => [headers["x-shopify-topic"], headers["x-shopify-shop-domain"]])).toEqual([
    ["shop/redact", gone],
  ]);
});

test("duplicates, replays and another order can be had", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const { id } = await client().sendWebhook(shop, "customers/redact", undefined, { copies: 2 });
  await client().webhooks.replay(id);
  expect(new Set(received.map(({ headers }) => headers["x-shopify-webhook-id"])).size).toBe(1);
  expect(received).toHaveLength(3);
  received = [];
  await client().webhooks.hold();
  await client().setScopes(shop, ["read_products"]);
  await client().uninstall(shop);
  expect(received).toEqual([]);
  const released = await client().webhooks.release({ order: "reverse" });
  expect(released.map(({ topic }) => topic)).toEqual(["app/uninstalled", "app/scopes_update"]);
  expect(received.map(({ headers }) => headers["x-shopify-topic"])).toEqual(["app/uninstalled", "app/scopes_update"]);
});

test("a wrong signature is what the library refuses", async () => {
  const shop = newShop();
  await client().installShop(shop);
  await client().sendWebhook(shop, "customers/redact", undefined, { badSignature: true });
  expect(await validate(received[0]!)).toEqual({ valid: false, reason: "invalid_hmac" });
});
