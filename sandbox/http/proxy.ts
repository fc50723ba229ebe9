import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";

import type { Authority } from "./certificates.ts";
import { portsOf, tcpSockets } from "./play-effects.ts";

const SHOPIFY_HOST = /(^|\.)(myshopify\.com|shopify\.com)$/;

export interface Proxy {
  listen(port: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * A CONNECT proxy that ends TLS for Shopify's hosts and hands the requests to `handle`, with keep-alive. Any other host
 * is refused with 403: nothing that is sent here may reach the network.
 */
export function createProxy(
  authority: Authority,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Proxy {
  const sockets = new Set<Socket>();
  const tls = createTlsServer({ cert: authority.cert, key: authority.key, keepAliveTimeout: 30_000 }, handle);
  tls.on("tlsClientError", () => undefined);
  const server = createServer((_request, response) => {
    response.writeHead(400, { "content-type": "text/plain" });
    response.end("This proxy answers CONNECT to Shopify's hosts only.\n");
  });
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    const ports = portsOf(socket);
    tcpSockets.set(ports, socket);
    socket.on("close", () => {
      sockets.delete(socket);
      tcpSockets.delete(ports);
    });
    socket.on("error", () => socket.destroy());
    const [host = "", port] = (request.url ?? "").split(":");
    if (!SHOPIFY_HOST.test(host) || port !== "443") {
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      return;
    }
    socket.setNoDelay(true);
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    tls.emit("connection", socket);
  });
  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
      }),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      tls.closeAllConnections();
    },
  };
}
