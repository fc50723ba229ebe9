import type { Server } from "node:http";
import type { RequestHandler } from "express";
import { beforeHeaders } from "./default-headers.ts";

export interface Drain {
  /** Put in front of everything: while draining, a response closes its connection. */
  middleware: RequestHandler;
  isDraining(): boolean;
  /** Stops accepting; resolves when the last response has been sent and its connection closed. */
  begin(server: Server): Promise<void>;
}

/** Ends a server without cutting anybody off: idle connections close at once, busy ones as their response finishes. */
export function createDrain(): Drain {
  let draining = false;
  let server: Server | undefined;
  return {
    isDraining: () => draining,
    middleware: (_request, response, next) => {
      beforeHeaders(response, () => {
        if (draining) response.setHeader("Connection", "close");
      });
      // A response that began before the drain has announced keep-alive: its connection is closed when it has become idle.
      response.once("close", () => {
        if (draining) setImmediate(() => server?.closeIdleConnections());
      });
      next();
    },
    begin: (target) => {
      draining = true;
      server = target;
      return new Promise((resolve) => {
        target.close(() => resolve());
        target.closeIdleConnections();
      });
    },
  };
}
