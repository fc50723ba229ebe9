import { PassThrough } from "node:stream";
import {
  createReadableStreamFromReadable,
  type AppLoadContext,
  type EntryContext,
  type HandleErrorFunction,
} from "@remix-run/node";
import { isRouteErrorResponse, RemixServer } from "@remix-run/react";
import { isbot } from "isbot";
import { renderToPipeableStream } from "react-dom/server";
import { frameAncestors, NEVER_FRAMED } from "./auth/frame-ancestors.server.ts";
import { verifiedShopOf } from "./auth/authenticate.server.ts";
import { services } from "./services.server.ts";

export { host } from "./process/host.server.ts";

/** Deferred data must arrive within this; single fetch gives up shortly before the page does. */
export const streamTimeout = 5_000;

/** Every embedded page loads it first. */
const APP_BRIDGE_PRELOAD = '<https://cdn.shopify.com/shopifycloud/app-bridge.js>; rel="preload"; as="script"';

export default async function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  context: EntryContext,
  loadContext: AppLoadContext,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  // The login form belongs outside of the Admin. A refusal is shown inside: Shopify opens the app at its root, and the frame would stay empty.
  const isLogin = pathname === "/" && status < 400;
  headers.set("Content-Security-Policy", isLogin ? NEVER_FRAMED : frameAncestors(verifiedShopOf(loadContext)));
  if (pathname.startsWith("/app")) headers.set("Link", APP_BRIDGE_PRELOAD);
  headers.set("Content-Type", "text/html; charset=utf-8");
  const waitForAll = isbot(request.headers.get("user-agent") ?? "");

  return new Promise((resolve, reject) => {
    let gaveUp = false;
    const { pipe, abort } = renderToPipeableStream(<RemixServer context={context} url={request.url} />, {
      [waitForAll ? "onAllReady" : "onShellReady"]: () => {
        const body = new PassThrough();
        resolve(new Response(createReadableStreamFromReadable(body), { headers, status }));
        pipe(body);
      },
      onShellError: reject,
      onError: (error) => {
        // Its reader has left: no error, or every stranger could fill the log with them.
        if (gaveUp || request.signal.aborted) services.log.debug({ err: error }, "a page was not read to its end");
        else services.log.error({ err: error }, "a page could not be rendered");
      },
    });
    const giveUp = () => {
      gaveUp = true;
      abort();
    };
    setTimeout(giveUp, streamTimeout + 1_000).unref();
  });
}

/** Errors of loaders and actions: logged without the address's query, unless the browser has gone away; 404 and the like are not errors. */
export const handleError: HandleErrorFunction = (error, { request, context }) => {
  if (request.signal.aborted || isRouteErrorResponse(error)) return;
  const { requestId } = context as { requestId?: string };
  services.log.error({ err: error, requestId, path: new URL(request.url).pathname }, "request failed");
};
