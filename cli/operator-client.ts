import type { RunFailure, RunView } from "../app/migration/types.ts";
import { OperatorError } from "./operator-error.ts";

export type { RunFailure, RunView };

/** `GET /admin/token-health`. */
export interface HealthReport {
  phase: "legacy" | "expand" | "contract";
  verdict: "clean" | "migrating" | "regression";
  permanentTokens: number;
  legacyPrefixRows: number;
  expiringTokens: number;
  needsReauth: number;
  suspended: number;
  refreshTokensExpiringIn14Days: number;
  deadline: string;
  daysLeft: number;
  nextStep: string;
}

/** The operator's routes of a running app. */
export interface OperatorClient {
  url: string;
  startRun(body: object): Promise<RunView>;
  run(id: string, options?: { allFailures?: boolean }): Promise<RunView>;
  /** The run at work, else the one started last; undefined when there has never been one. */
  latestRun(): Promise<RunView | undefined>;
  stopRun(id: string): Promise<RunView>;
  health(): Promise<HealthReport>;
  /** Whether the app's database is reachable and its schema current. */
  isReady(): Promise<boolean>;
}

const RUNS = "/admin/migrate-tokens";
const TIMEOUT_MS = 60_000;

/**
 * @param options.url where the app answers.
 * @param options.secret MIGRATION_SECRET.
 * @throws OperatorError from every verb: what went wrong, with the remedy.
 */
export function createOperatorClient({ url, secret }: { url: string; secret: string | undefined }): OperatorClient {
  const base = URL.parse(url);
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw new OperatorError("bad_url", `"${url}" is not an address`, "Pass --url https://your-app.example.com.");
  }
  if (!secret) {
    throw new OperatorError(
      "no_secret",
      "MIGRATION_SECRET is not set",
      "Set it in your environment to the same value the app has: export MIGRATION_SECRET=…",
    );
  }

  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    try {
      return await fetch(new URL(path, base!), {
        ...init,
        headers: { Accept: "application/json", Authorization: `Bearer ${secret}`, ...init.headers },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: "manual",
      });
    } catch (cause) {
      throw new OperatorError(
        "unreachable",
        `${base!.origin} cannot be reached (${reasonOf(cause)})`,
        "Is the app running there, and is the address right? A run that was started goes on without this command.",
        { cause },
      );
    }
  }

  async function json<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await send(path, init);
    if (!response.ok) throw await problemOf(response);
    return bodyOf<T>(response);
  }

  return {
    url: base.origin,
    startRun: (body) =>
      json(RUNS, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    run: (id, { allFailures } = {}) => json(`${RUNS}/${encodeURIComponent(id)}${allFailures ? "?failures=all" : ""}`),
    async latestRun() {
      try {
        return await json<RunView>(RUNS);
      } catch (error) {
        if (error instanceof OperatorError && error.code === "run_not_found") return undefined;
        throw error;
      }
    },
    stopRun: (id) => json(`${RUNS}/${encodeURIComponent(id)}`, { method: "DELETE" }),
    async health() {
      const response = await send("/admin/token-health");
      // 503 is an answer too: it carries the report of a regression.
      if (response.status !== 503 && !response.ok) throw await problemOf(response);
      return bodyOf<HealthReport>(response);
    },
    isReady: async () => (await send("/readyz")).ok,
  };
}

async function bodyOf<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch (cause) {
    throw new OperatorError("not_the_app", "the answer is not the app's", "Does --url point at the app itself?", {
      cause,
    });
  }
}

async function problemOf(response: Response): Promise<OperatorError> {
  const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
  const { status } = response;
  const detail = problem.detail ?? "";
  switch (status) {
    case 401:
      return new OperatorError(
        "unauthorized",
        "the app does not accept this MIGRATION_SECRET",
        "Use the value of the app's own environment.",
      );
    case 404:
      return problem.code === "run_not_found"
        ? new OperatorError("run_not_found", "there is no such run", detail || "`status` shows the latest one.")
        : new OperatorError(
            "not_found",
            "the app has no operator's routes",
            "Set MIGRATION_SECRET (at least 32 characters) in the app's environment and restart it; check that --url is the app's.",
          );
    case 409:
      return new OperatorError(problem.code ?? "conflict", "the app is not ready for this", detail);
    case 422:
      return new OperatorError(problem.code ?? "invalid_request", "the app cannot do what was asked", detail);
    case 429:
      return new OperatorError(
        "too_many_attempts",
        "too many wrong secrets were sent from here",
        `Wait ${response.headers.get("Retry-After") ?? "60"} seconds, then use the right one.`,
      );
    default:
      return status >= 500
        ? new OperatorError(
            "app_failed",
            `the app answered ${status}`,
            "Look at its log. A run that was started goes on as soon as an instance works again.",
          )
        : new OperatorError(
            "unexpected",
            `the app answered ${status}`,
            detail || "Does --url point at the app itself?",
          );
  }
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (inner instanceof Error && inner.name === "TimeoutError") return "no answer in time";
  return inner instanceof Error ? ((inner as { code?: string }).code ?? inner.name) : "unknown";
}
