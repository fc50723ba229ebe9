import { join } from "node:path";
import compression from "compression";
import { createRequestHandler } from "@remix-run/express";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import type { LoadedApp } from "./app-host.ts";
import { clientAddressOf } from "./client-address.ts";
import { defaultHeaders } from "./default-headers.ts";
import type { Drain } from "./drain.ts";
import { healthz, readyz } from "./health-routes.ts";
import { limitBody } from "./limit-body.ts";
import { requestLog } from "./request-log.ts";

/** Networks whose `X-Forwarded-*` is believed: this machine and private ones, where load balancers live. */
const TRUSTED_PROXIES = ["loopback", "linklocal", "uniquelocal"];
/** Methods that a fetch `Request` cannot be built with. */
const UNSPEAKABLE_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);
const STREAMED_TYPES = /^text\/event-stream|^application\/x-ndjson/;

export interface HttpAppOptions extends LoadedApp {
  root: string;
  drain: Drain;
  /** Vite's, in development; it serves the client's files instead of build/client. */
  middleware?: RequestHandler;
}

/** Everything between the socket and Remix. */
export function createHttpApp({ build, host, root, drain, middleware }: HttpAppOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", TRUSTED_PROXIES);
  app.use(drain.middleware, requestLog(host.log, host.metrics), defaultHeaders());
  app.get("/healthz", healthz());
  app.get("/readyz", readyz(host, drain.isDraining));
  app.use(refuseUnspeakableMethods, answerOptions, limitBody());
  app.use(compression({ filter: isCompressible }));
  if (middleware) app.use(middleware);
  else app.use(clientFiles(root));
  app.all(
    "*",
    createRequestHandler({
      build,
      getLoadContext: (request, response) => ({
        clientAddress: clientAddressOf(request),
        requestId: response.locals.requestId as string,
      }),
    }),
  );
  app.use(lastResort(host.log));
  return app;
}

/** Files of the client build: names with a hash never change; the rest (public/) is asked for again after an hour. */
function clientFiles(root: string): RequestHandler {
  const client = join(root, "build/client");
  const immutable = express.static(join(client, "assets"), { immutable: true, maxAge: "1y", fallthrough: false });
  const others = express.static(client, { maxAge: "1h", index: false });
  return express.Router().use("/assets", immutable).use(others);
}

const refuseUnspeakableMethods: RequestHandler = (request, response, next) => {
  if (UNSPEAKABLE_METHODS.has(request.method)) return void response.status(405).set("Allow", "GET, HEAD, POST").end();
  next();
};

/** Pages are asked for by the app alone, so there is no cross-origin preflight to allow. Machines' routes answer for themselves. */
const answerOptions: RequestHandler = (request, response, next) => {
  const isMachines = /^\/(admin|webhooks|metrics)(\/|$)/.test(request.path);
  if (request.method !== "OPTIONS" || isMachines) return next();
  response.status(204).set("Allow", "GET, HEAD, POST, OPTIONS").end();
};

/** Streams must not wait in a compressor's buffer. */
function isCompressible(request: express.Request, response: express.Response): boolean {
  const type = String(response.getHeader("Content-Type") ?? "");
  return !STREAMED_TYPES.test(type) && compression.filter(request, response);
}

/** What nobody else caught: a line in the log, and an answer that says nothing about the inside. */
function lastResort(log: LoadedApp["host"]["log"]): ErrorRequestHandler {
  return (error: Error & { status?: number; code?: string }, request, response, _next) => {
    const status = isClientError(error) ? (error.status ?? 400) : 500;
    if (status === 500 && !request.destroyed) log.error({ err: error, path: request.path }, "request failed");
    if (response.headersSent) return void response.destroy();
    const text = status === 404 ? "Not found" : status === 500 ? "Something went wrong" : "Bad request";
    response.status(status).type("text/plain").send(text);
  };
}

/** Express's own refusals, and addresses (mostly `Host` headers) that no URL can be made of. */
function isClientError({ status, code }: { status?: number; code?: string }): boolean {
  return code === "ERR_INVALID_URL" || (status !== undefined && status >= 400 && status < 500);
}
