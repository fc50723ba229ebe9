import type { Server } from "node:http";
import type { RequestHandler } from "express";
import { beforeHeaders } from "./default-headers.ts";

export type Drain = ReturnType<typeof createDrain>;

/** Ends a server without cutting anybody off: idle connections close at once, busy ones as their response finishes. */
export function createDrain() {
  let draining = false;
  let server: Server | undefined;
  return {
    isDraining: () => draining,
    /** Put in front of everything: while draining, a response closes its connection. */
    middleware: ((_request, response, next) => {
      beforeHeaders(response, () => {
        if (draining) response.setHeader("Connection", "close");
      });
      // A response that began before the drain has announced keep-alive: its connection is closed when it has become idle.
      response.once("close", () => {
        if (draining) setImmediate(() => server?.closeIdleConnections());
      });
      next();
    }) satisfies RequestHandler,
    /** Stops accepting; resolves when the last response has been sent and its connection closed. */
    begin: (target: Server): Promise<void> => {
      draining = true;
      server = target;
      return new Promise((resolve) => {
        target.close(() => resolve());
        target.closeIdleConnections();
      });
    },
  };
}
