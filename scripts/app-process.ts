import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findFreePort } from "./free-port.ts";
import { PROJECT_ROOT } from "./project-root.ts";

export interface AppProcess {
  pid: number;
  port: number;
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Everything it wrote so far, standard output and error. */
  logs(): string;
  /** The exit code once it has ended; null after a signal. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Sends SIGTERM and waits for the end; kills it after `graceMs` (default 5 s). */
  stop(graceMs?: number): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>;
}

export interface AppProcessOptions {
  /** What the app is configured with, on top of PATH, HOME and the like. Nothing else of this process's environment is passed on. */
  env: Record<string, string | undefined>;
  /** The folder of the app, built; this project's unless told. */
  root?: string;
  /** What is started, from that folder; `server.ts` unless told. */
  entry?: string;
  /** A module of the project that runs before the app's own (`node --import`). */
  preload?: string;
  /** 0 or absent: any free port. */
  port?: number;
  /** `production` (default): the build. `development`: the sources, with reload. */
  mode?: "production" | "development";
  /** How long it may take to become ready; ms. */
  readyWithinMs?: number;
  /** `alive`: it listens, though it may not be ready. Default: ready. */
  until?: "ready" | "alive";
  /** Gives up a start that is under way: the process is killed. */
  signal?: AbortSignal;
  /** Called with each piece it writes. */
  onOutput?: (text: string) => void;
}

/** The app ended, or did not become ready. `logs` says why in its own words. */
export class AppStartError extends Error {
  readonly code = "app_did_not_start";
  readonly exitCode: number | null;
  readonly logs: string;

  constructor(message: string, exitCode: number | null, logs: string) {
    super(`${message}\n${logs.trim()}`);
    this.name = "AppStartError";
    this.exitCode = exitCode;
    this.logs = logs;
  }
}

const preloads = (...paths: string[]) =>
  paths.flatMap((path) => ["--import", pathToFileURL(join(PROJECT_ROOT, path)).href]);
/** As in package.json's `start`. */
const NODE_OPTIONS = ["--max-semi-space-size=8"];
const PASSED_ON = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "NODE_EXTRA_CA_CERTS"];
const MOST_LOG_CHARACTERS = 20_000_000;

/**
 * Starts the app as `npm start` does, in a process of its own, and waits until `/readyz` answers 200.
 * @throws AppStartError when it ends before that (a refused configuration does so on purpose), or takes too long.
 */
export async function startAppProcess(options: AppProcessOptions): Promise<AppProcess> {
  const { mode = "production", root = PROJECT_ROOT } = options;
  if (mode === "production" && !existsSync(join(root, "build", "server")))
    throw new Error("there is no build: run `npm run build` first");
  const port = options.port || (await findFreePort());
  const inherited = Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]]));
  const before = preloads("scripts/end-with-parent.ts", ...(options.preload ? [options.preload] : []));
  const child = spawn(process.execPath, [...NODE_OPTIONS, ...before, options.entry ?? "server.ts"], {
    cwd: root,
    env: { ...inherited, NODE_ENV: mode, ...options.env, PORT: String(port) } as NodeJS.ProcessEnv,
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own: Ctrl-C in a terminal reaches us, and we decide in which order things end.
    detached: true,
  });
  child.stdin.on("error", () => {});
  let logs = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      if (logs.length < MOST_LOG_CHARACTERS) logs += text;
      options.onOutput?.(text);
    });
  }
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => resolve({ code, signal }));
  });

  const app: AppProcess = {
    pid: child.pid ?? -1,
    port,
    url: `http://127.0.0.1:${port}`,
    logs: () => logs,
    ended,
    async stop(graceMs = 5_000) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      return ended.finally(() => clearTimeout(timer));
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
  const giveUp = () => child.kill("SIGKILL");
  options.signal?.addEventListener("abort", giveUp);
  try {
    await untilReady(app, options.readyWithinMs ?? 30_000, options.until ?? "ready");
  } finally {
    options.signal?.removeEventListener("abort", giveUp);
  }
  return app;
}

async function untilReady(app: AppProcess, withinMs: number, until: "ready" | "alive"): Promise<void> {
  const deadline = Date.now() + withinMs;
  let end: { code: number | null } | undefined;
  void app.ended.then(
    (value) => (end = value),
    () => (end = { code: null }),
  );
  for (;;) {
    if (end) throw new AppStartError(`the app ended with code ${String(end.code)} at start`, end.code, app.logs());
    try {
      const response = await fetch(`${app.url}/${until === "ready" ? "readyz" : "healthz"}`, {
        signal: AbortSignal.timeout(2_000),
      });
      await response.body?.cancel();
      if (response.status === 200) return;
    } catch {
      // Not listening yet.
    }
    if (Date.now() > deadline) {
      await app.kill();
      throw new AppStartError(`the app was not ready after ${withinMs / 1000} s`, null, app.logs());
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
