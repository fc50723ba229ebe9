// Proves that a body which does not arrive in time is given up, and that what it held is free again once it is answered.
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, expect, it } from "vitest";
import { parseAddress } from "./parse-address.ts";
import { bodyOf, dropBody, readBody } from "./read-body.ts";

const SECRET = "s".repeat(32);
let server: Server;

afterEach(() => new Promise((resolve) => server.close(resolve)));

async function listen(arrivesWithinMs: number): Promise<number> {
  const app = express();
  app.use(parseAddress(), readBody({ operatorSecrets: [SECRET], arrivesWithinMs }));
  app.use((_request, response) => void response.json({ length: bodyOf(response)?.length ?? null }));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function post(port: number, headers: Record<string, string | number>, parts: string[], path = "/form") {
  return new Promise<{ status?: number; text: string }>((resolve, reject) => {
    const request = httpRequest({ port, path, method: "POST", headers, agent: false }, (answer: IncomingMessage) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.once("close", () => resolve({ status: answer.statusCode, text }));
    });
    request.on("error", reject);
    for (const part of parts) request.write(part);
    // A body shorter than announced: the rest is withheld.
    if (Number(headers["Content-Length"] ?? 0) > parts.join("").length) request.flushHeaders();
    else request.end();
  });
}

it("hands on a body that is whole, and nothing for a request without one", async () => {
  const port = await listen(1_000);
  expect(await post(port, {}, ["shop=", "a"])).toEqual({ status: 200, text: '{"length":6}' });
  expect(await post(port, { "Content-Length": 0 }, [])).toEqual({ status: 200, text: '{"length":0}' });
});

it("answers 408 when the last byte is withheld", async () => {
  const port = await listen(100);
  const { status, text } = await post(port, { "Content-Length": 7 }, ["shop=a"]);
  expect([status, JSON.parse(text)]).toEqual([408, expect.objectContaining({ code: "body_too_slow" })]);
});

it("answers 413 as soon as too much has come, or is announced; the operator may send more", async () => {
  const port = await listen(1_000);
  const large = "x".repeat(100_000);
  expect((await post(port, { "Content-Length": 100_001 }, [])).status).toBe(413);
  expect((await post(port, { "Transfer-Encoding": "chunked" }, [large])).status).toBe(413);
  const operator = { Authorization: `Bearer ${SECRET}` };
  expect(await post(port, operator, [large], "/admin/x")).toEqual({ status: 200, text: '{"length":100000}' });
});

it("refuses a body in thousands of tiny pieces, and holds no more of others than what is in them", async () => {
  const port = await listen(5_000);
  const headers = { "Transfer-Encoding": "chunked", "X-Shopify-Hmac-Sha256": `${"A".repeat(43)}=` };
  const pieces = (count: number, bytes: number) => Array.from({ length: count }, () => "x".repeat(bytes));
  for (const [count, bytes] of [
    [2_000, 1],
    [5_000, 60],
  ] as const) {
    const { status, text } = await post(port, headers, pieces(count, bytes), "/webhooks/app");
    expect([status, JSON.parse(text)]).toEqual([400, expect.objectContaining({ code: "body_in_tiny_pieces" })]);
  }
  // A slow typist, and a client with small chunks.
  expect((await post(port, headers, pieces(900, 1), "/webhooks/app")).text).toBe('{"length":900}');
  expect((await post(port, headers, pieces(5_000, 64), "/webhooks/app")).text).toBe('{"length":320000}');
  expect((await post(port, headers, pieces(3, 349_525), "/webhooks/app")).text).toBe('{"length":1048575}');
});

it("ends a connection that sends thousands of tiny pieces nobody asked for", async () => {
  const app = express();
  app.use(dropBody, parseAddress());
  app.get("/answered", (_, response) => void response.end());
  app.use(() => {}); // at work
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const headers = { "Transfer-Encoding": "chunked" };
  for (const path of ["/x", "/answered"]) {
    const request = httpRequest({ port, path, method: "GET", headers, agent: false });
    const closed = new Promise((resolve) => request.on("error", () => {}).once("close", resolve));
    for (let piece = 0; piece < 5_000; piece++) request.write("x");
    await closed;
  }
});

it("holds nothing for clients that were answered and do not read on", async () => {
  const app = express();
  app.use(parseAddress(), readBody({ operatorSecrets: [SECRET] }));
  app.use((request, response) => {
    response.writeHead(200).flushHeaders();
    if (request.path !== "/webhooks/unread") response.end();
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const body = "x".repeat(1_000_000);
  const headers = { "X-Shopify-Hmac-Sha256": `${"A".repeat(43)}=`, "Content-Length": body.length };
  const unread = Array.from({ length: 20 }, () =>
    httpRequest({ port, path: "/webhooks/unread", method: "POST", headers, agent: false }),
  );
  // 20 MB have been answered to, with 16 MiB as the limit; none of the answers has ended.
  await Promise.all(unread.map((one) => new Promise((resolve) => one.once("response", resolve).end(body))));
  expect((await post(port, headers, [body], "/webhooks/app")).status).toBe(200);
  expect((await post(port, headers, [body], "/webhooks/app")).status).toBe(200);
  for (const one of unread) one.destroy();
});

it("bodies that wait for their answers, up to the bound, keep no webhook out", async () => {
  const app = express();
  app.use(parseAddress(), readBody({ operatorSecrets: [SECRET] }));
  app.use((request, response) => {
    if (!request.path.startsWith("/admin")) response.json({ length: bodyOf(response)?.length ?? null });
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const form = "x".repeat(65_536);
  const waiting = Array.from({ length: 200 }, () => {
    const headers = { "Content-Length": form.length };
    return httpRequest({ port, path: "/admin/x", method: "POST", headers, agent: false }).on("error", () => {});
  });
  const refused = new Promise((resolve) => waiting.forEach((one) => one.once("response", resolve).end(form)));
  await refused;
  const headers = { "X-Shopify-Hmac-Sha256": `${"A".repeat(43)}=` };
  expect((await post(port, headers, ["{}"], "/webhooks/app")).status).toBe(200);
  for (const one of waiting) one.destroy();
});

it("of the app's pages only small bodies are taken", async () => {
  const port = await listen(1_000);
  expect((await post(port, {}, ["x".repeat(8_192)])).status).toBe(200);
  expect((await post(port, {}, ["x".repeat(8_193)])).status).toBe(413);
  expect((await post(port, {}, ["x".repeat(65_536)], "/admin/x")).status).toBe(200);
});
