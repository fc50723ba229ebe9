// Proves that the front hands requests to the app as a browser sent them, in the app's own terms.
import { createServer, get, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { localAddresses } from "./addresses.ts";
import { proxyUpgrade, proxyUpstream, type UpstreamOptions } from "./proxy-upstream.ts";
import { createAddressTranslator } from "./translate-addresses.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function front(upstream: string, more: Partial<UpstreamOptions> = {}): Promise<string> {
  const options = { origin: upstream, host: "app.sandbox.test", unreachablePage: () => "nobody there", ...more };
  const server = createServer((request, response) => proxyUpstream(request, response, request.url ?? "/", options));
  server.on("upgrade", (request, socket, head) => proxyUpgrade(request, socket, head, options));
  return listen(server);
}

const translator = createAddressTranslator("https://app.sandbox.test", localAddresses(4000, 4001));

it("tells the app who it is, and gives Origin and Referer in its own terms", async () => {
  const app = await listen(createServer((request, response) => response.end(JSON.stringify(request.headers))));
  const response = await fetch(`${await front(app, { translator })}/x`, {
    method: "POST",
    headers: { Origin: "http://localhost:4001", Referer: "http://localhost:4001/app?x=1" },
  });
  expect(await response.json()).toMatchObject({
    host: "app.sandbox.test",
    "x-forwarded-host": "app.sandbox.test",
    "x-forwarded-proto": "https",
    origin: "https://app.sandbox.test",
    referer: "https://app.sandbox.test/app?x=1",
    "accept-encoding": "identity",
  });
});

it("rewrites bodies, with the right length and nothing for a cache to keep", async () => {
  const page = `<a href="https://admin.shopify.com/store/a">ä</a>`;
  const app = await listen(
    createServer((_request, response) => {
      response.writeHead(200, { "Content-Type": "text/html", ETag: '"1"', "Cache-Control": "max-age=99" });
      response.end(page);
    }),
  );
  const response = await fetch(await front(app, { translator }));
  expect(await response.text()).toBe(`<a href="http://localhost:4000/store/a">ä</a>`);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("etag")).toBeNull();
});

it("does not hold an event stream back", async () => {
  const app = await listen(
    createServer((_request, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("data: first\n\n");
    }),
  );
  const url = await front(app, { translator });
  const response = await new Promise<IncomingMessage>((resolve) => get(url, resolve));
  const first = await new Promise<Buffer>((resolve) => response.once("data", resolve));
  expect(String(first)).toBe("data: first\n\n");
  response.destroy();
});

it("answers 502 with a page, and says so, when nobody listens", async () => {
  const gone = createServer();
  const origin = await listen(gone);
  await new Promise((resolve) => gone.close(resolve));
  const answers: unknown[] = [];
  const url = await front(origin, { onFrameDocument: (answer) => answers.push(answer) });
  const response = await fetch(`${url}/app?x=1`, { headers: { "Sec-Fetch-Dest": "iframe" } });
  expect([response.status, await response.text()]).toEqual([502, "nobody there"]);
  expect(answers).toEqual([{ status: 502, path: "/app", unreachable: true }]);
});

it("passes a WebSocket's bytes both ways", async () => {
  const app = createServer();
  app.on("upgrade", (request: IncomingMessage, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`);
    socket.on("data", (data) => socket.end(`${request.headers.host ?? ""} heard ${String(data)}`));
  });
  const url = new URL(await front(await listen(app)));
  const heard = await new Promise<string>((resolve, reject) => {
    const request = httpRequest(url, { headers: { Connection: "Upgrade", Upgrade: "websocket" } });
    request.on("error", reject);
    request.on("upgrade", (_response, socket) => {
      let text = "";
      socket.on("data", (data) => (text += String(data)));
      socket.on("end", () => resolve(text));
      socket.write("hello");
    });
    request.end();
  });
  expect(heard).toBe("app.sandbox.test heard hello");
});
