import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { createSandboxClient, type SandboxClient } from "./client.ts";
import { ensureAuthority } from "./http/certificates.ts";
import { createControlVerbs } from "./http/control-verbs.ts";
import { createProxy } from "./http/proxy.ts";
import type { Route } from "./http/route.ts";
import { createHandler } from "./http/server.ts";
import { createWebhookSender } from "./http/webhook-sender.ts";
import type { Choices } from "./platform/choices.ts";
import { createPlatform, type Platform } from "./platform/platform.ts";
import type { AppOptions } from "./platform/types.ts";
import { readAppToml } from "./platform/webhooks/subscriptions.ts";

export interface SandboxOptions {
  app: AppOptions;
  /** Plain HTTP on 127.0.0.1: control API under `/control`, health, and every Shopify host by Host header. 0: any free port. */
  port?: number;
  /** CONNECT proxy that terminates TLS for `*.myshopify.com`, `admin.shopify.com`, … 0: any free port. */
  proxyPort?: number;
  /** Where the throw-away certificate authority is kept. Default: made for this start, removed on close. */
  dataDir?: string;
  /** Seed of all randomness. Default 1. */
  seed?: number;
  choices?: Partial<Choices>;
  /** More routes, asked before the simulator's own. */
  routes?: Route[];
}

export interface Sandbox {
  /** Plain HTTP origin, `http://127.0.0.1:<port>`. */
  url: string;
  /** `http://127.0.0.1:<port>` of the CONNECT proxy. */
  proxyUrl: string;
  /** PEM file and text of the authority that signs the simulator's certificates. */
  caPath: string;
  ca: string;
  /** Environment for a child process whose calls to Shopify shall come here. Contains no secret. */
  env: Record<string, string>;
  /** The state machine itself, in process. */
  platform: Platform;
  client: SandboxClient;
  /** Adds a route before the simulator's own; returns how to take it away again. */
  mount(route: Route): () => void;
  /** Serves one request as the Shopify host named in its Host header (for another server in front of this one). */
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/**
 * Starts the simulator: plain HTTP for control and benchmarks, and the proxy that ends TLS for Shopify's hosts. Both
 * listen on 127.0.0.1 only. Throws when a port is taken or the toml cannot be read.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const platform = createPlatform({ app: options.app, seed: options.seed, choices: options.choices });
  const read = options.app.tomlPath === undefined ? undefined : readAppToml(options.app.tomlPath);
  const toml = () => read;
  const webhooks = createWebhookSender(platform, toml);
  const context = { platform, webhooks, toml };
  const verbs = createControlVerbs(context, options.choices ?? {});
  const routes = [...(options.routes ?? [])];
  const handle = createHandler(context, verbs, routes);
  const authority = await ensureAuthority(options.dataDir);
  const server = createServer({ keepAliveTimeout: 30_000 }, handle);
  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
  const proxy = createProxy(authority, handle);
  let proxyPort: number;
  try {
    proxyPort = await proxy.listen(options.proxyPort ?? 0);
  } catch (error) {
    server.close();
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  const proxyUrl = `http://127.0.0.1:${proxyPort}`;
  return {
    url,
    proxyUrl,
    caPath: authority.caPath,
    ca: authority.ca,
    env: {
      NODE_USE_ENV_PROXY: "1",
      HTTPS_PROXY: proxyUrl,
      NO_PROXY: "127.0.0.1,localhost",
      NODE_EXTRA_CA_CERTS: authority.caPath,
    },
    platform,
    client: createSandboxClient(url),
    mount(route) {
      routes.push(route);
      return () => void routes.splice(routes.indexOf(route), 1);
    },
    handle,
    async close() {
      await webhooks.close();
      server.closeAllConnections();
      await Promise.all([proxy.close(), new Promise((resolve) => server.close(resolve))]);
      authority.dispose();
    },
  };
}
