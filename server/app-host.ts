import type { ServerBuild } from "@remix-run/node";
import type { AppHost } from "../app/process/host.server.ts";

/** The built app, and what it gives the HTTP server around it (exported by app/entry.server.tsx). */
export interface LoadedApp {
  build: ServerBuild | (() => Promise<ServerBuild>);
  host: AppHost;
}

/** Takes the host out of a build's entry module. One copy of the app's modules serves both, so that errors keep their classes. */
export function hostOf(build: ServerBuild): AppHost {
  return (build.entry.module as unknown as { host: AppHost }).host;
}
