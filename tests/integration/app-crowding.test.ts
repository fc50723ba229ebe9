// Proves that what one stranger sends over many connections, in many requests or in large bodies is bounded, and that others need not wait for it.
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { appHarness } from "./app-harness.ts";
import { raw, sendBytes, type Answer } from "../support/raw-connection.ts";

const world = appHarness();
const send = (bytes: string, options?: { waitMs?: number }) => sendBytes(world.app.port, bytes, options);

describe("one connection", () => {
  const count = ({ head, body }: Answer) => (head + body).split("HTTP/1.1 ").length - 1;
  const page = `GET /auth/login HTTP/1.1\r\nHost: app.test\r\n\r\n`;

  it("may send a few requests before the first is answered, and as many as it likes after the answers", async () => {
    expect(count(await send(page.repeat(7) + raw("GET /healthz")))).toBe(8);
  });

  it("is ended when it sends thousands without waiting, and others need not wait for them", async () => {
    const cut = { status: 0, head: "", body: "" };
    const greedy = Array.from({ length: 10 }, () => send(page.repeat(2_000), { waitMs: 20_000 }).catch(() => cut));
    expect((await send(raw("GET /healthz"), { waitMs: 20_000 })).status).toBe(200);
    const answers = await Promise.all(greedy);
    expect(Math.max(...answers.map(count))).toBeLessThanOrEqual(16);
    const served = world.app.logs().match(/"path":"\/auth\/login"/g)?.length ?? 0;
    expect(served).toBeLessThan(1_000);
  });

  it("is ended as well when it expects what no server does, and told so before", async () => {
    const odd = raw("GET /healthz", { Expect: "x" });
    const { status, body } = await send(odd);
    expect([status, JSON.parse(body)]).toEqual([417, expect.objectContaining({ code: "unknown_expectation" })]);
    const keptAlive = "GET /healthz HTTP/1.1\r\nHost: app.test\r\nExpect: x\r\n\r\n";
    expect(count(await send(keptAlive.repeat(500), { waitMs: 20_000 }))).toBeLessThanOrEqual(16);
  });
});

describe("bodies", () => {
  const KIBIBYTE = 1_024;
  const signed = { "X-Shopify-Hmac-Sha256": `${"A".repeat(43)}=` };

  it("of unsigned webhooks are refused unread", async () => {
    const { status, body } = await send(raw("POST /webhooks/app/uninstalled", { "Content-Length": "1000000" }));
    expect(status).toBe(401);
    expect(JSON.parse(body)).toMatchObject({ code: "unsigned_webhook" });
  });

  it("of wrong operators are small, of the right one larger", async () => {
    const size = { "Content-Length": String(200 * KIBIBYTE) };
    expect((await send(raw("POST /admin/migrate-tokens", { ...size, Authorization: "Bearer x" }))).status).toBe(413);
    const json = JSON.stringify({ limit: -1, padding: "x".repeat(200 * KIBIBYTE) });
    const right = await fetch(`${world.app.url}/admin/migrate-tokens`, {
      method: "POST",
      headers: { Authorization: `Bearer ${world.app.migrationSecret}` },
      body: json,
    });
    expect(right.status).toBe(422);
  });

  it("that are not verified hold 16 MiB together at most, and Shopify's still get in", async () => {
    const before = await residentBytes();
    const large = 1_024 * KIBIBYTE;
    const withheld = Array.from({ length: 60 }, () =>
      send(
        raw("POST /webhooks/app/uninstalled", { ...signed, "Content-Length": String(large) }) + "x".repeat(large - 1),
        { waitMs: 8_000 },
      ),
    );
    await expect
      .poll(
        async () =>
          (await Promise.race([Promise.all(withheld), pause(50)])) ?? world.app.logs().match(/"status":503/g)?.length,
        { timeout: 8_000 },
      )
      .toBeGreaterThan(40);
    expect((await residentBytes()) - before).toBeLessThan(150 * 1_024 * KIBIBYTE);
    const shop = "in-the-crowd.myshopify.com";
    await world.sandbox.client.installShop(shop);
    const sent = await world.sandbox.client.sendWebhook(
      shop,
      "customers/redact",
      { shop_domain: shop },
      { uri: `${world.app.url}/webhooks/customers/redact` },
    );
    expect(sent.status).toBe(200);
    const statuses = (await Promise.all(withheld)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(40);
    expect(statuses.every((status) => status === 503 || status === 408 || status === 0)).toBe(true);
  });
});

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${world.app.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024;
}

const pause = (ms: number) => new Promise<undefined>((resolve) => setTimeout(resolve, ms, undefined));
