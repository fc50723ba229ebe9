import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { RequestHandler } from "express";
import type { LoadedApp } from "./app-host.ts";
import { createHttpApp } from "./create-http-app.ts";
import { createDrain } from "./shutdown.ts";
import { limitPipelining } from "./limit-pipelining.ts";
import { loadDevelopmentApp } from "./load-development-app.ts";
import { loadProductionApp } from "./load-production-app.ts";

/** A whole request must arrive within this; its body, once the headers are there, within what `readBody` grants. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Not above the former, or Node 24 refuses to start. */
const HEADERS_TIMEOUT_MS = 10_000;
/** How often connections are looked at for these two; Node's 30 s would keep a silent one four times as long as it may be. */
const CONNECTIONS_CHECKED_MS = 5_000;
/** Longer than load balancers keep idle connections (60 s and less), so that it is they who close. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/**
 * After this, a drain that is still waiting is given up; below the 30 s that orchestrators usually grant, above what background jobs (20 s)
 * and a migration's calls in flight (15 s) are waited for.
 */
const DRAIN_LIMIT_MS = 25_000;

export interface RunningServer {
  port: number;
  log: LoadedApp["host"]["log"];
  /** Stops accepting, lets requests in flight finish, ends background work. */
  stop(): Promise<void>;
  /** The same, then ends the process: with 0, or with 1 when the drain took too long. */
  stopAndExit(signal: string): Promise<void>;
}

export interface ServerOptions {
  /** The project's folder. */
  root: string;
  mode?: "production" | "development";
}

/**
 * Loads the app, checks that it may start, and listens on `PORT`.
 * @throws EnvironmentError, StartRefusedError, or what listening throws.
 */
export async function startServer({ root, mode = modeOfProcess() }: ServerOptions): Promise<RunningServer> {
  const server = createServer({
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: CONNECTIONS_CHECKED_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  });
  const loaded: LoadedApp & { middleware?: RequestHandler; close?(): Promise<void> } =
    mode === "production" ? await loadProductionApp(root) : await loadDevelopmentApp(root, server);
  const { host } = loaded;
  const drain = createDrain();
  const serve = limitPipelining(createHttpApp({ ...loaded, root, drain }));
  // An expectation that Node does not know it would answer by itself, past every limit.
  server.on("request", serve).on("checkExpectation", serve);
  try {
    await host.start();
    await listen(server, host.env.PORT);
  } catch (error) {
    await Promise.allSettled([host.stop(), loaded.close?.()]);
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  host.log.info({ port, phase: host.env.phase, mode }, "listening");

  let stopped: Promise<void> | undefined;
  const stop = () =>
    (stopped ??= (async () => {
      // Background work ends while requests do; the database closes when both have.
      const drained = drain.begin(server);
      host.beginStop();
      await loaded.close?.(); // ends Vite's web sockets, which would keep the server open
      await drained;
      await host.stop();
    })());
  return {
    port,
    log: host.log,
    stop,
    stopAndExit: async (signal) => {
      host.log.info({ signal }, "stopping: no new requests, finishing those in flight");
      const limit = setTimeout(() => {
        host.log.error({ limitMs: DRAIN_LIMIT_MS }, "gave up waiting for requests in flight");
        process.exit(1);
      }, DRAIN_LIMIT_MS);
      await stop();
      clearTimeout(limit);
      host.log.info("stopped");
      process.exit(0);
    },
  };
}

function modeOfProcess(): "production" | "development" {
  return process.env.NODE_ENV === "development" ? "development" : "production";
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
