import type { IncomingMessage } from "node:http";
import type { RequestHandler, Response } from "express";

const MEBIBYTE = 1024 * 1024;

/** Bytes a request body may have, by path. Shopify's webhooks carry whole orders; everything else here is small. */
export function bodyLimitOf(path: string): number {
  return path.startsWith("/webhooks/") ? 8 * MEBIBYTE : MEBIBYTE;
}

/**
 * Refuses bodies that are too large with 413, before reading when `Content-Length` says so, else as soon as too much has
 * arrived. The body itself is left for the route to read: a webhook's signature covers its raw bytes.
 */
export function limitBody(limitOf: (path: string) => number = bodyLimitOf): RequestHandler {
  return (request, response, next) => {
    const limit = limitOf(request.path);
    const announced = Number(request.headers["content-length"] ?? 0);
    if (announced > limit) return refuse(request, response, limit);
    countIncoming(request, limit, () => refuse(request, response, limit));
    next();
  };
}

/** Counts what the parser pushes into the request. The first push comes after every synchronous middleware has run. */
function countIncoming(request: IncomingMessage, limit: number, onTooMuch: () => void): void {
  const push = request.push.bind(request);
  let seen = 0;
  request.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
    seen += chunk?.length ?? 0;
    if (seen <= limit) return push(chunk, encoding);
    request.push = () => false;
    onTooMuch();
    request.destroy(new Error("request body too large"));
    return false;
  };
}

function refuse(request: IncomingMessage, response: Response, limit: number): void {
  if (response.headersSent) return;
  response.status(413).set("Connection", "close").type("application/problem+json");
  response.send(
    JSON.stringify({
      type: "about:blank",
      title: "Content Too Large",
      status: 413,
      code: "body_too_large",
      detail: `A request to this address may carry ${limit} bytes at most.`,
    }),
  );
  // Whatever is still on its way is read and thrown away for a moment, so that the client gets to see the answer.
  request.resume();
}
