import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import compression from "compression";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import { addressKey } from "../app/operator/access/client-address.ts";
import { operatorSecrets } from "../app/operator/access/is-operator-secret.server.ts";
import type { LoadedApp } from "./app-host.ts";
import { defaultHeaders } from "./default-headers.ts";
import type { Drain } from "./shutdown.ts";
import { healthz, readyz } from "./health-routes.ts";
import { addressOf, parseAddress } from "./parse-address.ts";
import { checkRequest, isOperators, isWebhook } from "./check-request.ts";
import { dropBody, readBody } from "./read-body.ts";
import { refuse } from "./refuse.ts";
import { remixHandler } from "./remix-handler.ts";
import { requestLog } from "./request-log.ts";

/** Networks whose `X-Forwarded-*` is believed: this machine and private ones, where load balancers live. */
const TRUSTED_PROXIES = ["loopback", "linklocal", "uniquelocal"];
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
  app.use(dropBody, drain.middleware, parseAddress, requestLog(host.log, host.metrics), defaultHeaders);
  app.use(checkRequest(host.env.SHOPIFY_APP_URL));
  app.get("/healthz", healthz);
  app.get("/readyz", readyz(host, drain.isDraining));
  app.use(answerOptions, readBody({ operatorSecrets: operatorSecrets(host.env) }));
  app.use(compression({ filter: isCompressible }));
  if (middleware) app.use(middleware);
  else app.use(clientFiles(root));
  app.all(
    "*",
    remixHandler({
      build,
      appUrl: host.env.SHOPIFY_APP_URL,
      getLoadContext: (request, response) => ({
        // As far as trusted proxies tell; without an address that can be read, that of the connection.
        clientAddress: addressKey(request.ip) ?? addressKey(request.socket.remoteAddress) ?? "unknown",
        requestId: response.locals.requestId as string,
      }),
    }),
  );
  app.use(lastResort(host.log));
  return app;
}

/**
 * Files of the client build: names with a hash never change; the rest (public/) is asked for again after an hour. Which files there are is
 * read once: no page's address is looked for on the disk.
 */
function clientFiles(root: string): RequestHandler {
  const client = join(root, "build/client");
  const immutable = express.static(join(client, "assets"), { immutable: true, maxAge: "1y", fallthrough: false });
  const others = express.static(client, { maxAge: "1h", index: false });
  const files = readdirSync(client, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = new Set(files.map(({ parentPath, name }) => encodeURI(`/${relative(client, join(parentPath, name))}`)));
  return express
    .Router()
    .use("/assets", immutable)
    .use((request, response, next) => (paths.has(request.path) ? others(request, response, next) : next()));
}

/** Pages are asked for by the app alone, so there is no cross-origin preflight to allow. Machines' routes answer for themselves. */
const answerOptions: RequestHandler = (request, response, next) => {
  const { path } = addressOf(response);
  if (request.method !== "OPTIONS" || isOperators(path) || isWebhook(path)) return next();
  response.status(204).set("Allow", "GET, HEAD, POST, OPTIONS").end();
};

/** Streams must not wait in a compressor's buffer. */
function isCompressible(request: express.Request, response: express.Response): boolean {
  const type = String(response.getHeader("Content-Type") ?? "");
  return !STREAMED_TYPES.test(type) && compression.filter(request, response);
}

/** What nothing else caught: a line in the log, and an answer that says nothing about the inside. */
function lastResort(log: LoadedApp["host"]["log"]): ErrorRequestHandler {
  return (error: Error & { status?: number }, request, response, _next) => {
    const status = error.status !== undefined && error.status >= 400 && error.status < 500 ? error.status : 500;
    if (status === 500 && !request.destroyed)
      log.error({ err: error, path: addressOf(response).logged }, "request failed");
    void refuse(request, response, status === 500 ? FAILED : { ...REFUSED, status });
  };
}

const REFUSED = {
  code: "refused",
  title: "This cannot be served",
  detail: "There is nothing at this address for such a request.",
};
const FAILED = {
  status: 500,
  code: "failed",
  title: "Something went wrong",
  detail: "The app's log says what it was. Please try again in a moment.",
};
