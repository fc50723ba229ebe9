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
  getLoadContext(
    request: ExpressRequest,
    response: ExpressResponse,
  ): Pick<AppLoadContext, "clientAddress" | "requestId">;
}

/** Hands a request, whose address and body have been read already, to Remix, and sends its answer. */
export function remixHandler({ build, appUrl, getLoadContext }: RemixHandlerOptions): RequestHandler {
  const handle = createRequestHandler(build, process.env.NODE_ENV);
  const { origin, host } = new URL(appUrl);
  return async (request, response, next) => {
    try {
      const gone = goneSignal(response);
      const asked = toRequest(request, response, { origin, host, gone });
      const answer = await handle(asked, { ...getLoadContext(request, response), gone });
      await send(response, answer);
    } catch (error) {
      next(error);
    }
  };
}

/** Aborted when the client goes before it has the whole answer. */
function goneSignal(response: ExpressResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

interface Sender {
  origin: string;
  host: string;
  gone: AbortSignal;
}

function toRequest(request: ExpressRequest, response: ExpressResponse, { origin, host, gone }: Sender): Request {
  const { path, search } = addressOf(response);
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  headers.set("host", host);
  headers.delete("x-forwarded-host");
  // Judged in check-request.ts, by SHOPIFY_APP_URL; Remix would judge it again, and fail on what is no address.
  headers.delete("origin");
  const body = bodyOf(response);
  return new Request(origin + path + search, { method: request.method, headers, signal: gone, body });
}

async function send(response: ExpressResponse, answer: Response): Promise<void> {
  response.status(answer.status);
  for (const [name, value] of answer.headers) response.append(name, value);
  if (/text\/event-stream/i.test(answer.headers.get("Content-Type") ?? "")) response.flushHeaders();
  if (answer.body) await writeReadableStreamToWritable(answer.body, response);
  else response.end();
}
