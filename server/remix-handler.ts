import {
  createRequestHandler,
  writeReadableStreamToWritable,
  type AppLoadContext,
  type ServerBuild,
} from "@remix-run/node";
import type { Request as ExpressRequest, RequestHandler, Response as ExpressResponse } from "express";
import { addressOf } from "./parse-address.ts";
import { bodyOf } from "./read-body.ts";

export interface RemixHandlerOptions {
  build: ServerBuild | (() => Promise<ServerBuild>);
  /** SHOPIFY_APP_URL. Remix and Shopify's library see requests to this origin, whatever `Host` a proxy has made of it. */
  appUrl: string;
  getLoadContext(request: ExpressRequest, response: ExpressResponse): AppLoadContext;
}

/** Hands a request, whose address and body have been read already, to Remix, and sends its answer. */
export function remixHandler({ build, appUrl, getLoadContext }: RemixHandlerOptions): RequestHandler {
  const handle = createRequestHandler(build, process.env.NODE_ENV);
  const { origin, host } = new URL(appUrl);
  return async (request, response, next) => {
    try {
      const answer = await handle(toRequest(request, response, origin, host), getLoadContext(request, response));
      await send(response, answer);
    } catch (error) {
      next(error);
    }
  };
}

function toRequest(request: ExpressRequest, response: ExpressResponse, origin: string, host: string): Request {
  const { path, search } = addressOf(response);
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  headers.set("host", host);
  headers.delete("x-forwarded-host");
  // Judged in check-request.ts, by SHOPIFY_APP_URL; Remix would judge it again, and fail on what is no address.
  headers.delete("origin");
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const body = bodyOf(response);
  return new Request(origin + path + search, { method: request.method, headers, signal: gone.signal, body });
}

async function send(response: ExpressResponse, answer: Response): Promise<void> {
  response.status(answer.status);
  for (const [name, value] of answer.headers) response.append(name, value);
  if (/text\/event-stream/i.test(answer.headers.get("Content-Type") ?? "")) response.flushHeaders();
  if (answer.body) await writeReadableStreamToWritable(answer.body, response);
  else response.end();
}
