import type { Server } from "node:http";
import type { RequestHandler } from "express";
import type { ServerBuild } from "@remix-run/node";
import { hostOf, type LoadedApp } from "./app-host.ts";

/**
 * The app through Vite: modules are transformed on request, the browser reloads on change. Production never imports Vite.
 * @param server carries Vite's web socket too, so that one address is enough behind a tunnel.
 */
export async function loadDevelopmentApp(
  root: string,
  server: Server,
): Promise<LoadedApp & { middleware: RequestHandler; close(): Promise<void> }> {
  const { createServer } = await import("vite");
  const vite = await createServer({ root, server: { middlewareMode: true, hmr: { server } }, appType: "custom" });
  const load = () => vite.ssrLoadModule("virtual:remix/server-build") as Promise<unknown> as Promise<ServerBuild>;
  try {
    return {
      build: load,
      host: hostOf(await load()),
      middleware: vite.middlewares,
      close: () => vite.close(),
    };
  } catch (error) {
    await vite.close();
    throw error;
  }
}
