// Proves that a connection's requests are served one at a time, in their order, bodies and all, and that too many at once end the connection.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { limitPipelining } from "./limit-pipelining.ts";

const begun: { request: IncomingMessage; response: ServerResponse }[] = [];
const server = createServer(limitPipelining((request, response) => void begun.push({ request, response })));
let client: Socket;
let answers = "";
let isClosed = false;

beforeEach(async () => {
  begun.length = 0;
  answers = "";
  isClosed = false;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.on("data", (data) => (answers += data.toString())).on("error", () => {});
  client.on("close", () => (isClosed = true));
});
afterEach(async () => {
  client.destroy();
  await vi.waitFor(() => expect(isClosed).toBe(true));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const paths = () => begun.map(({ request }) => request.url);

it("begins with a request when the one before it is answered", async () => {
  client.write(get("/1") + post("/2", "x".repeat(100_000)) + get("/3"));
  await vi.waitFor(() => expect(paths()).toEqual(["/1"]));
  await sleep(20);
  expect(paths()).toEqual(["/1"]);

  begun[0]!.response.end("first");
  await vi.waitFor(() => expect(paths()).toEqual(["/1", "/2"]));
  let bytes = 0;
  for await (const chunk of begun[1]!.request) bytes += (chunk as Buffer).length;
  expect(bytes).toBe(100_000);
  begun[1]!.response.end("second");
  await vi.waitFor(() => expect(paths()).toEqual(["/1", "/2", "/3"]));
  begun[2]!.response.end("third");
  await vi.waitFor(() => expect(answers).toMatch(/first[^]*second[^]*third/));

  client.write(get("/4"));
  await vi.waitFor(() => expect(paths()).toContain("/4"));
});

it("ends a connection that sends a body in chunks before it was answered", async () => {
  const head = "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  client.write(get("/1") + head + "1\r\nx\r\n".repeat(1_000));
  await vi.waitFor(() => expect(isClosed).toBe(true));
  expect(paths()).toEqual(["/1"]);
});

it("ends a connection with too many requests, and begins none of those that wait", async () => {
  client.write(Array.from({ length: 15 }, (_, n) => get(`/${n}`)).join(""));
  await vi.waitFor(() => expect(paths()).toEqual(["/0"]));
  await sleep(20);
  expect(isClosed).toBe(false);
  client.write(get("/15") + get("/16"));
  await vi.waitFor(() => expect(isClosed).toBe(true));
  begun[0]!.response.end("late");
  await sleep(20);
  expect(paths()).toEqual(["/0"]);
});
