import { createWriteStream } from "node:fs";
import { startAppProcess, type AppProcess } from "../app-process.ts";

export interface AppRunner {
  /** Where it listens, in every phase: `http://127.0.0.1:<port>`. */
  url: string;
  /** Starts the app with these variables on top of the common ones; a running one is stopped first. @throws AppStartError */
  start(env: Record<string, string | undefined>, options?: { until?: "ready" | "alive" }): Promise<AppProcess>;
  stop(graceMs?: number): Promise<void>;
  /** What all its processes wrote. */
  logs(): string;
  logFile: string;
}

/** One app, restarted with another environment from phase to phase, on one port. */
export function createAppRunner(options: {
  port: number;
  env: Record<string, string | undefined>;
  logFile: string;
  mode?: "production" | "development";
  onOutput?: (text: string) => void;
}): AppRunner {
  const file = createWriteStream(options.logFile, { mode: 0o600 });
  let current: AppProcess | undefined;
  let starting: { giveUp: AbortController; done: Promise<unknown> } | undefined;
  let logs = "";
  const keep = (text: string) => {
    logs += text;
    file.write(text);
    options.onOutput?.(text);
  };
  const stop = async (graceMs?: number) => {
    starting?.giveUp.abort();
    await starting?.done.catch(() => {});
    const running = current;
    current = undefined;
    await running?.stop(graceMs);
  };
  return {
    url: `http://127.0.0.1:${options.port}`,
    async start(env, { until } = {}) {
      await stop();
      const { port, mode } = options;
      const giveUp = new AbortController();
      const done = startAppProcess({
        port,
        mode,
        preload: "scripts/demo/leave-app-port.ts",
        env: { ...options.env, ...env },
        onOutput: keep,
        until,
        signal: giveUp.signal,
      });
      starting = { giveUp, done };
      try {
        return (current = await done);
      } finally {
        starting = undefined;
      }
    },
    stop,
    logs: () => logs,
    logFile: options.logFile,
  };
}
