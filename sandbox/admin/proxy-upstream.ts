import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { headersToLocal, isRewritten } from "./rewrite-response.ts";
import type { AddressTranslator } from "./translate-addresses.ts";

/** What came of the last document that the app was asked for in a frame: the Admin explains it when it is not the app. */
export interface DocumentAnswer {
  status: number;
  path: string;
  unreachable: boolean;
}

export interface UpstreamOptions {
  /** Plain HTTP origin of the server behind, `http://127.0.0.1:3000`. */
  origin: string;
  /** The host that its requests are for. */
  host: string;
  /** Given on the plain-localhost front. */
  translator?: AddressTranslator;
  onFrameDocument?(answer: DocumentAnswer): void;
  /** What a browser shows when nothing listens at `origin`. */
  unreachablePage(path: string): string;
}

/** Passes one request on to the app (or to the platform) as a TLS-terminating proxy would, and the answer back. */
export function proxyUpstream(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  options: UpstreamOptions,
): void {
  const { translator } = options;
  const cut = path.indexOf("?");
  const pathname = cut < 0 ? path : path.slice(0, cut);
  const target = cut < 0 || !translator ? path : `${pathname}?${translator.queryToPublic(path.slice(cut + 1))}`;
  const inFrame = ["iframe", "document"].includes(String(request.headers["sec-fetch-dest"]));
  const answered = (status: number, unreachable = false) => {
    if (inFrame && (status < 300 || status >= 400)) options.onFrameDocument?.({ status, path: pathname, unreachable });
  };

  const upstream = httpRequest(new URL(options.origin), {
    method: request.method,
    path: target,
    headers: upstreamHeaders(request.headers, options),
  });
  upstream.on("response", (answer) => {
    answered(answer.statusCode ?? 502);
    if (translator) void answerLocally(answer, response, translator);
    else {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, withoutHop(answer.headers));
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    }
  });
  upstream.on("error", () => {
    if (response.headersSent) return void response.destroy();
    answered(502, true);
    response.writeHead(502, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" });
    response.end(options.unreachablePage(pathname));
  });
  response.on("close", () => upstream.destroy());
  request.pipe(upstream);
}

/** Passes a WebSocket (the development server's reload) on to the app. */
export function proxyUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, options: UpstreamOptions): void {
  const { hostname, port } = new URL(options.origin);
  const upstream = connect(Number(port), hostname, () => {
    const headers = { ...upstreamHeaders(request.headers, options), connection: "Upgrade", upgrade: "websocket" };
    const lines = Object.entries(headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one) => `${name}: ${one}`),
    );
    upstream.write(`GET ${request.url ?? "/"} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    upstream.write(head);
    socket.pipe(upstream).pipe(socket);
  });
  upstream.on("error", () => socket.destroy());
  socket.on("error", () => upstream.destroy());
}

function upstreamHeaders(headers: IncomingHttpHeaders, options: UpstreamOptions): IncomingHttpHeaders {
  const { host, translator } = options;
  return {
    ...withoutHop(headers),
    ...(translator && {
      "accept-encoding": "identity",
      ...(headers.origin && { origin: translator.toPublic(headers.origin) }),
      ...(headers.referer && { referer: translator.toPublic(headers.referer) }),
    }),
    host,
    "x-forwarded-host": host,
    "x-forwarded-proto": "https",
    "x-forwarded-for": "127.0.0.1",
  };
}

async function answerLocally(
  answer: IncomingMessage,
  response: ServerResponse,
  translator: AddressTranslator,
): Promise<void> {
  const headers = headersToLocal(answer.headers, translator);
  const status = answer.statusCode ?? 502;
  if (!isRewritten(answer.headers["content-type"]) || answer.headers["content-encoding"]) {
    response.writeHead(status, answer.statusMessage, headers);
    answer.pipe(response);
    answer.on("error", () => response.destroy());
    return;
  }
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    return void response.destroy();
  }
  const body = Buffer.concat(chunks);
  const rewritten = translator.toLocal(body.toString("utf8"));
  const unchanged = Buffer.byteLength(rewritten) === body.length && rewritten === body.toString("utf8");
  if (!unchanged) {
    // The ports in the text are those of this run, so it must not be kept for the next one.
    headers["cache-control"] = "no-store";
    delete headers.etag;
  }
  // An answer to HEAD, and a 304, keep the length they speak of.
  if (body.length > 0) headers["content-length"] = Buffer.byteLength(unchanged ? body : rewritten);
  response.writeHead(status, answer.statusMessage, headers);
  response.end(unchanged ? body : rewritten);
}

function withoutHop(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = { ...headers };
  for (const name of ["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection", "te"])
    delete kept[name];
  return kept;
}
