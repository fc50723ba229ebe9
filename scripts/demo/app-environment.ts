import { readFile, writeFile } from "node:fs/promises";
import { unwatchFile, watchFile } from "node:fs";
import { dirname, join } from "node:path";
import { parseEnv } from "node:util";
import { AppStartError } from "../app-process.ts";
import type { Stage } from "./stage.ts";
import { dim, red } from "./terminal.ts";

const LOOK_EVERY_MS = 400;

/**
 * A file with what the app is started with, beside the flags; saving it restarts the app. For trying what the runbook says about secrets and
 * keys, which an operator does by changing the environment.
 * @param flags what the app was started with.
 * @returns the file, and how to stop watching it.
 */
export async function watchAppEnvironment(
  { app, runner }: Pick<Stage, "app" | "runner">,
  flags: Record<string, string | undefined>,
): Promise<{ file: string; close(): void }> {
  const file = join(dirname(runner.logFile), "app.env");
  await writeFile(file, `# Saving this file restarts the app with it.\nSHOPIFY_API_SECRET=${app.clientSecret}\n`, {
    mode: 0o600,
  });
  let last: Promise<void> = Promise.resolve();
  const restart = async () => {
    try {
      const env = parseEnv(await readFile(file, "utf8"));
      console.log(dim(`   restarting the app with ${Object.keys(env).join(", ")} …`));
      // Keys that are not the right ones keep the app from being ready, and it says so by itself.
      const { url } = await runner.start({ ...flags, ...env }, { until: "alive" });
      const isReady = (await fetch(`${url}/readyz`)).ok;
      console.log(dim(`   the app answers${isReady ? ", and is ready" : ", but is not ready: see doctor"}`));
    } catch (error) {
      const words = error instanceof AppStartError || error instanceof Error ? error.message : String(error);
      console.log(red(`   The app did not start: ${words}`));
    }
  };
  const look = () => {
    last = last.then(restart);
  };
  watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, look);
  return { file, close: () => unwatchFile(file, look) };
}
