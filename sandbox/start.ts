import type { IncomingMessage, ServerResponse } from "node:http";

import type { SandboxClient } from "./client.ts";
import type { Choices } from "./platform/choices.ts";
import type { Platform } from "./platform/platform.ts";
import type { AppOptions } from "./platform/types.ts";

export interface SandboxOptions {
  app: AppOptions;
  /** Plain HTTP on 127.0.0.1: control API under `/control`, health, and every Shopify host by Host header. 0: any free port. */
  port?: number;
  /** CONNECT proxy that terminates TLS for `*.myshopify.com`, `admin.shopify.com`, … 0: any free port. */
  proxyPort?: number;
  /** Where the throw-away certificate authority is kept. Default: a folder of its own below the system's temporary folder. */
  dataDir?: string;
  /** Seed of all randomness. Default 1. */
  seed?: number;
  choices?: Partial<Choices>;
  /** More routes, asked before the simulator's own. */
  routes?: Route[];
}

/** Answers a request and returns true, or returns false to leave it to the next. `url.host` is the host asked for. */
export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean | Promise<boolean>;

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
