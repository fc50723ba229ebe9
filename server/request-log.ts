import { randomUUID } from "node:crypto";
import type { Request, RequestHandler } from "express";
import type { Logger } from "../app/infra/log/log.server.ts";
import type { Metrics } from "../app/infra/metrics.server.ts";
import { METHODS } from "./check-request.ts";
import { addressOf } from "./parse-address.ts";
import { routeLabel } from "./route-label.ts";

const ACCEPTABLE_ID = /^[\w.-]{8,64}$/;
/** Polled every few seconds by machines: logged at debug level only. */
const QUIET = new Set(["/healthz", "/readyz", "/metrics", "assets"]);

/** The id of a request, for log lines and support: the proxy's `X-Request-Id` when it looks like one, else a new one. */
export function requestIdOf(request: Request): string {
  const given = request.get("x-request-id");
  return given && ACCEPTABLE_ID.test(given) ? given : randomUUID();
}

/**
 * One log line and one count per finished request. Never the query string: Shopify puts ID tokens, codes and signatures there.
 */
export function requestLog(log: Logger, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(request);
    response.locals.requestId = requestId;
    response.setHeader("X-Request-Id", requestId);
    response.once("close", () => {
      const { path, logged, problem } = addressOf(response);
      const route = problem ? "other" : routeLabel(path);
      const status = response.writableFinished || response.headersSent ? response.statusCode : 499;
      const level = status >= 500 ? "warn" : QUIET.has(route) ? "debug" : "info";
      metrics.httpRequests.inc({
        method: METHODS.has(request.method) ? request.method : "OTHER",
        route,
        status: String(status),
      });
      const ms = Math.round(performance.now() - startedAt);
      log[level]({ requestId, method: request.method, path: logged, status, ms }, "request");
    });
    next();
  };
}
