import type { RequestHandler } from "express";
import type { AppHost } from "../app/process/host.server.ts";

/** `GET /healthz`: the process answers. Reveals nothing. */
export const healthz: RequestHandler = (_request, response) => {
  response.json({ status: "ok" });
};

/** `GET /readyz`: database reachable, schema current, not about to stop. Why not is in the log, never in the answer. */
export function readyz(host: Pick<AppHost, "notReadyBecause" | "log">, isDraining: () => boolean): RequestHandler {
  return async (_request, response) => {
    const reason = isDraining() ? "draining" : await host.notReadyBecause();
    if (!reason) return void response.json({ status: "ready" });
    if (reason !== "draining") host.log.warn({ reason }, "not ready");
    response.status(503).set("Retry-After", "5").json({ status: "not ready" });
  };
}
