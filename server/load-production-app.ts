import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ServerBuild } from "@remix-run/node";
import { hostOf, type LoadedApp } from "./app-host.ts";

/** There is nothing to start yet. */
class NotBuiltError extends Error {
  readonly code = "not_built";

  constructor() {
    super("Nothing is built yet: run `npm run build` first");
    this.name = "NotBuiltError";
  }
}

/**
 * Loads what `npm run build` made.
 * @throws NotBuiltError; EnvironmentError when the environment cannot be started with.
 */
export async function loadProductionApp(root: string): Promise<LoadedApp> {
  const file = join(root, "build/server/index.js");
  if (!existsSync(file)) throw new NotBuiltError();
  const build = (await import(pathToFileURL(file).href)) as ServerBuild;
  return { build, host: hostOf(build) };
}
