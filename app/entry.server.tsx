import { PassThrough } from "node:stream";
import { createReadableStreamFromReadable, type EntryContext, type HandleErrorFunction } from "@remix-run/node";
import { isRouteErrorResponse, RemixServer } from "@remix-run/react";
import { isbot } from "isbot";
import { renderToPipeableStream } from "react-dom/server";
import { frameAncestors } from "./auth/frame-ancestors.server.ts";
import { services } from "./services.server.ts";
import { tokenExchangeApp } from "./shopify.server.ts";

export { host } from "./process/host.server.ts";

/** Deferred data must arrive within this; single fetch gives up shortly before the page does. */
export const streamTimeout = 5_000;

export default async function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  context: EntryContext,
): Promise<Response> {
  tokenExchangeApp.addDocumentResponseHeaders(request, headers);
  // The library's header names hosts of Shopify's own development as well; an app of the public needs two.
  headers.set("Content-Security-Policy", frameAncestors(request));
  headers.set("Content-Type", "text/html; charset=utf-8");
  const waitForAll = isbot(request.headers.get("user-agent") ?? "");

  return new Promise((resolve, reject) => {
    const { pipe, abort } = renderToPipeableStream(<RemixServer context={context} url={request.url} />, {
      [waitForAll ? "onAllReady" : "onShellReady"]: () => {
        const body = new PassThrough();
        resolve(new Response(createReadableStreamFromReadable(body), { headers, status }));
        pipe(body);
      },
      onShellError: reject,
      onError: (error) => services.log.error({ err: error }, "a page could not be rendered"),
    });
    setTimeout(abort, streamTimeout + 1_000).unref();
  });
}

/** Errors of loaders and actions: logged without the address's query, unless the browser has gone away; 404 and the like are not errors. */
export const handleError: HandleErrorFunction = (error, { request, context }) => {
  if (request.signal.aborted || isRouteErrorResponse(error)) return;
  const { requestId } = context as { requestId?: string };
  services.log.error({ err: error, requestId, path: new URL(request.url).pathname }, "request failed");
};
