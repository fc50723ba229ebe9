// Calls to shops share one secure context and no connection, keep few idle, and fail as `fetch` does.
import { createServer as createProxy, type RequestListener, type Server as Proxy } from "node:http";
import { createServer, type Server } from "node:https";
import net, { type AddressInfo } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from "undici";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { generate } from "selfsigned";
import { createShopifyTransport, isForTransport, type ShopifyRequest } from "./shopify-transport.ts";

let certificate: { cert: string; private: string };
const servers: (Server | Proxy)[] = [];

beforeAll(async () => {
  certificate = await generate([{ name: "commonName", value: "*.myshopify.com" }], {
    keyType: "ec",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "*.myshopify.com" }] }],
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server for every shop, and a way to ask it. */
async function serve(answer: RequestListener) {
  const sessions: { host: string | undefined; reused: boolean; socket: TLSSocket }[] = [];
  const server = createServer({ cert: certificate.cert, key: certificate.private }, answer);
  server.on("secureConnection", (socket) => {
    sessions.push({ host: socket.servername || undefined, reused: socket.isSessionReused(), socket });
  });
  // Reached through a proxy, as the simulator is: no host but this machine may be looked for.
  const proxy = createProxy().on("connect", (_request, socket) => {
    socket.on("error", () => socket.destroy());
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    server.emit("connection", socket);
  });
  servers.push(server, proxy.listen(0, "127.0.0.1"));
  await new Promise((listening) => proxy.once("listening", listening));
  const proxyEnv: NodeJS.ProcessEnv = {
    NODE_ENV: "test",
    HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
  };
  const transport = createShopifyTransport({ ca: certificate.cert, proxyEnv });
  const ask = (shop: string, { keep = false, ...init }: Partial<ShopifyRequest> & { keep?: boolean } = {}) =>
    transport(new URL(`https://${shop}.myshopify.com/path?q=1`), {
      method: "POST",
      headers: new Headers(keep ? {} : { connection: "close" }),
      body: "{}",
      signal: AbortSignal.timeout(5_000),
      ...init,
    });
  return { ask, sessions, proxyEnv };
}

const json: RequestListener = (request, response) => {
  request.resume().once("end", () => response.setHeader("content-type", "application/json").end('{"ok":true}'));
};

test("any number of shops costs one secure context; each has a connection and a session of its own", async () => {
  const { ask, sessions } = await serve(json);
  const make = vi.spyOn(tls, "createSecureContext");
  for (const round of [1, 2]) {
    for (const shop of ["a", "b", "c"]) expect(await (await ask(shop)).json(), `round ${round}`).toEqual({ ok: true });
  }
  // A connection that brings no context of its own makes one through this very property.
  expect(make).not.toHaveBeenCalled();
  expect(sessions.map(({ host }) => host?.[0])).toEqual(["a", "b", "c", "a", "b", "c"]);
  expect(sessions.filter(({ reused }) => reused)).toEqual([]);
});

test("a shop's connection is kept for its next call where the caller does not close it, never for another shop", async () => {
  const { ask, sessions } = await serve(json);
  await (await ask("a", { keep: true })).text();
  await (await ask("a", { keep: true })).text();
  await (await ask("b", { keep: true })).text();
  expect(sessions.map(({ host }) => host)).toEqual(["a.myshopify.com", "b.myshopify.com"]);
});

test("few idle connections are kept, whatever the number of shops", async () => {
  const { ask, sessions } = await serve(json);
  await Promise.all(Array.from({ length: 80 }, (_, i) => ask(`shop-${i}`, { keep: true }).then((r) => r.text())));
  await vi.waitFor(() => expect(sessions.filter(({ socket }) => !socket.destroyed).length).toBeLessThanOrEqual(64));
  expect(sessions).toHaveLength(80);
});

test("the answer is the one that fetch would give: status, headers, several of one name, body", async () => {
  const { ask } = await serve((request, response) => {
    request.resume();
    response.writeHead(429, { "retry-after": "2.0", "set-cookie": ["a=1", "b=2"] }).end("wait");
  });
  const answer = await ask("a");
  expect(answer.status).toBe(429);
  expect(answer.headers.get("retry-after")).toBe("2.0");
  expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(await answer.text()).toBe("wait");
});

test("a zipped answer is unzipped, an empty one and a redirect are answers", async () => {
  const { ask } = await serve((request, response) => {
    if (request.headers["accept-encoding"]) {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync('{"long":"answer"}'));
    } else if (request.headers.host?.startsWith("empty")) response.writeHead(204).end();
    else response.writeHead(302, { location: "https://elsewhere.myshopify.com/" }).end();
  });
  expect(await (await ask("a", { keep: true })).json()).toEqual({ long: "answer" });
  expect((await ask("empty")).status).toBe(204);
  expect((await ask("moved")).status).toBe(302);
});

test("no answer in time is the signal's reason, at the start and in the middle of a body; a broken connection is a TypeError", async () => {
  const { ask } = await serve((request, response) => {
    const host = request.headers.host ?? "";
    if (host.startsWith("half")) response.writeHead(200, { "content-length": "100" }).write("half");
    if (host.startsWith("gone")) response.destroy();
    if (host.startsWith("torn")) {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    }
  });
  for (const shop of ["never", "half"]) {
    const timedOut = ask(shop, { signal: AbortSignal.timeout(100) });
    await expect(timedOut).rejects.toMatchObject({ name: "TimeoutError" });
  }
  for (const shop of ["gone", "torn"]) {
    await expect(ask(shop)).rejects.toMatchObject({ name: "TypeError", cause: expect.any(Error) });
  }
  await expect(ask("never", { signal: AbortSignal.abort(new Error("over")) })).rejects.toThrow("over");
});

test("a certificate of another authority, or for another host, is refused", async () => {
  const { ask, proxyEnv } = await serve(json);
  const strangers = createShopifyTransport({ proxyEnv });
  const init = { method: "GET", headers: new Headers(), body: undefined, signal: AbortSignal.timeout(5_000) };
  await expect(strangers(new URL(`https://a.myshopify.com/`), init)).rejects.toThrow("fetch failed");
  const trusting = createShopifyTransport({ ca: certificate.cert, proxyEnv });
  await expect(trusting(new URL(`https://a.example.com/`), init)).rejects.toThrow("fetch failed");
  expect((await ask("a")).status).toBe(200);
});

/** Without a proxy: every host is this machine. */
async function serveDirectly() {
  const server = createServer({ cert: certificate.cert, key: certificate.private }, json).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((listening) => server.once("listening", listening));
  const { port } = server.address() as AddressInfo;
  const connect = net.Socket.prototype.connect as (this: net.Socket, ...args: unknown[]) => net.Socket;
  vi.spyOn(net.Socket.prototype, "connect").mockImplementation(function (this: net.Socket, ...args: unknown[]) {
    const [options] = (Array.isArray(args[0]) ? args[0] : args) as [object];
    Object.assign(options, { host: "127.0.0.1" });
    return connect.apply(this, args);
  });
  const transport = createShopifyTransport({ ca: certificate.cert });
  const ask = (host: string, by = transport) =>
    by(new URL(`https://${host}:${port}/`), {
      method: "GET",
      headers: new Headers({ connection: "close" }),
      body: undefined,
      signal: AbortSignal.timeout(5_000),
    });
  return { ask, strangers: createShopifyTransport() };
}

test("a direct call makes no context and no objects of a certificate, and knows its host all the same", async () => {
  const { ask, strangers } = await serveDirectly();
  const contexts = vi.spyOn(tls, "createSecureContext");
  const objects = vi.spyOn(tls.TLSSocket.prototype, "getPeerCertificate");
  for (const shop of ["a", "b", "c"]) expect((await ask(`${shop}.myshopify.com`)).status).toBe(200);
  expect([contexts.mock.calls.length, objects.mock.calls.length]).toEqual([0, 0]);

  for (const other of ["a.example.com", "a.b.myshopify.com", "myshopify.com"]) {
    const refused = { name: "TypeError", cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } };
    await expect(ask(other), other).rejects.toMatchObject(refused);
  }
  await expect(ask("a.myshopify.com", strangers)).rejects.toMatchObject({
    cause: { code: expect.stringMatching(/SELF_SIGNED|LEAF/) },
  });
});

const before = getGlobalDispatcher();
afterAll(() => setGlobalDispatcher(before));

test("a program's own fetch or dispatcher is left in its place", () => {
  const url = new URL("https://a.myshopify.com/admin/oauth/access_token");
  setGlobalDispatcher(new Agent());
  expect(isForTransport(url)).toBe(true);
  expect(isForTransport(new URL("https://example.com/"))).toBe(false);
  expect(isForTransport(new URL("http://a.myshopify.com/"))).toBe(false);
  for (const own of [new Agent({ connect: { timeout: 1 } }), new Agent().compose((dispatch) => dispatch)]) {
    setGlobalDispatcher(own);
    expect(isForTransport(url)).toBe(false);
  }
  setGlobalDispatcher(new Agent());
  vi.stubGlobal("fetch", () => {});
  expect(isForTransport(url)).toBe(false);
  vi.unstubAllGlobals();
});
