import type { IncomingMessage } from "node:http";
import { Agent, globalAgent, request } from "node:https";
import { checkServerIdentity, createSecureContext, type ConnectionOptions, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

/** Idle connections to the Admin API, of one shop and of all: a page asks a few times in a row, then not for long. */
const MOST_IDLE_OF_SHOP = 4;
const MOST_IDLE = 64;
/** Below what servers grant, so that it is this side that closes. */
const IDLE_MS = 4_000;

const SHOPIFY_HOST = /\.myshopify\.com$/;
export const NULL_BODY_STATUSES = new Set([204, 205, 304]);
const unzip = promisify(gunzip);

export interface ShopifyRequest {
  method: string;
  /** `connection: close` for a connection that is not kept. */
  headers: Headers;
  body: string | undefined;
  signal: AbortSignal;
}

/** Sends one request and reads the whole answer; fails as `fetch` does. */
export type ShopifyTransport = (url: URL, request: ShopifyRequest) => Promise<Response>;

export interface TransportOptions {
  /** Another certificate authority than those Node trusts. */
  ca?: string;
  /** Where HTTPS_PROXY and NO_PROXY are read; the process's environment where Node was told to use it, unless given. */
  proxyEnv?: NodeJS.ProcessEnv;
}

/**
 * HTTPS to shops, over Node's own client. `fetch` makes a secure context, with its root certificates and ciphers, for each connection, and
 * a connection to the token endpoint serves one call: measured, that doubles what a handshake costs (docs/benchmarks/cost.md). Here all calls
 * share one context. Connections are not shared between shops, and a TLS session is resumed with the shop that gave it or not at all.
 */
export function createShopifyTransport(options: TransportOptions = {}): ShopifyTransport {
  let agents: { single: Agent; kept: Agent } | undefined;
  return (url, init) => {
    agents ??= openAgents(options);
    const agent = init.headers.get("connection") === "close" ? agents.single : agents.kept;
    return send(agent, url, init);
  };
}

/**
 * Checks the host of a certificate as it is. Node turns the certificate and all those above it into objects first, for a function that compares
 * texts: a tenth of what a call costs. The chain itself is verified before, by OpenSSL, in either case.
 */
class ShopAgent extends Agent {
  override createConnection(options: ConnectionOptions, callback?: (error: Error | null, stream: never) => void) {
    const check = (host: string) => checkHost(host, socket);
    const socket = super.createConnection({ ...options, checkServerIdentity: check }, callback as never) as TLSSocket;
    socket.getPeerCertificate = () => ({}) as never;
    return socket;
  }
}

/** @returns what is wrong, as Node says it. */
function checkHost(host: string, socket: TLSSocket): Error | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate?.checkHost(host, { subject: "never", partialWildcards: false })) return undefined;
  return checkServerIdentity(host, certificate?.toLegacyObject() ?? ({} as never));
}

function openAgents({ ca, proxyEnv = nodesProxyEnv() }: TransportOptions): { single: Agent; kept: Agent } {
  const shared = { secureContext: createSecureContext({ ca }), proxyEnv };
  // Behind a proxy the connection that is made here is the one to the proxy.
  const Made = proxyEnv ? Agent : ShopAgent;
  const single = new Made({ ...shared, keepAlive: false, maxCachedSessions: 0 });
  const kept = new Made({ ...shared, keepAlive: true, maxFreeSockets: MOST_IDLE_OF_SHOP, timeout: IDLE_MS });
  const keep = kept.keepSocketAlive.bind(kept);
  // Typed as answering nothing; documented to say whether the socket is kept.
  kept.keepSocketAlive = (socket) => countIdle(kept) < MOST_IDLE && keep(socket);
  return { single, kept };
}

function nodesProxyEnv(): TransportOptions["proxyEnv"] {
  return (globalAgent.options as TransportOptions).proxyEnv;
}

function countIdle({ freeSockets }: Agent): number {
  return Object.values(freeSockets).reduce((sum, sockets) => sum + (sockets?.length ?? 0), 0);
}

function send(agent: Agent, url: URL, { method, headers, body, signal }: ShopifyRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const fields = Object.fromEntries(headers);
    if (agent.options.keepAlive) fields["accept-encoding"] = "gzip";
    if (body !== undefined) fields["content-length"] = String(Buffer.byteLength(body));
    const sent = request(url, { agent, method, headers: fields });
    const abort = () => sent.destroy(signal.reason as Error);
    const fail = (cause: unknown) =>
      reject(signal.aborted ? (signal.reason as Error) : new TypeError("fetch failed", { cause }));
    signal.addEventListener("abort", abort, { once: true });
    sent.once("close", () => signal.removeEventListener("abort", abort));
    sent.on("error", fail);
    sent.once("response", (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", fail);
      answer.once("end", () => void toResponse(answer, Buffer.concat(parts)).then(resolve, fail));
    });
    sent.end(body);
  });
}

async function toResponse(answer: IncomingMessage, sent: Buffer): Promise<Response> {
  const headers = new Headers();
  for (let i = 0; i < answer.rawHeaders.length; i += 2)
    headers.append(answer.rawHeaders[i]!, answer.rawHeaders[i + 1]!);
  const isZipped = headers.get("content-encoding") === "gzip" && sent.length > 0;
  const body = isZipped ? await unzip(sent) : sent;
  const status = answer.statusCode!;
  const isEmpty = NULL_BODY_STATUSES.has(status);
  return new Response(isEmpty ? null : body.toString(), { status, statusText: answer.statusMessage, headers });
}

const nodesFetch = globalThis.fetch;

/**
 * Whether a call goes to a shop, in a process in which `fetch` is as Node made it. Where a program has put another fetch or another dispatcher
 * in its place (tests, a proxy of its own), calls go the way it wants.
 */
export function isForTransport(url: URL): boolean {
  return (
    url.protocol === "https:" &&
    SHOPIFY_HOST.test(url.hostname) &&
    globalThis.fetch === nodesFetch &&
    isNodesDispatcher((globalThis as Record<symbol, unknown>)[Symbol.for("undici.globalDispatcher.1")])
  );
}

/** Absent before the first fetch; then an agent without options, or the one that reads HTTPS_PROXY. */
function isNodesDispatcher(dispatcher: unknown): boolean {
  if (dispatcher === undefined) return true;
  if (typeof dispatcher !== "object" || dispatcher === null) return false;
  const { name, prototype } = dispatcher.constructor as { name: string; prototype: { dispatch?: unknown } };
  // Composed with an interceptor it has another `dispatch`.
  if ((dispatcher as { dispatch?: unknown }).dispatch !== prototype.dispatch) return false;
  if (name === "EnvHttpProxyAgent") return nodesProxyEnv() !== undefined;
  return name === "Agent" && optionsOf(dispatcher)?.connect === undefined;
}

/** undici's Agent keeps what it was made with under a symbol of its own; one that cannot be read counts as another library's. */
function optionsOf(agent: object): { connect?: unknown } | undefined {
  const key = Object.getOwnPropertySymbols(agent).find(({ description }) => description === "options");
  return key ? (agent as Record<symbol, { connect?: unknown }>)[key] : { connect: "unknown" };
}
