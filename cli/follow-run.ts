import { setTimeout as sleep } from "node:timers/promises";
import type { OperatorClient, RunView } from "./operator-client.ts";
import { OperatorError } from "./operator-error.ts";
import type { ProgressView } from "./progress-view.ts";

export interface FollowOptions {
  /** Ctrl-C: ends following, not the run. */
  interrupted: AbortSignal;
  /** How often the app is asked; ms. */
  pollMs?: number;
  /** For how long an app that does not answer is asked again; ms. */
  patienceMs?: number;
}

const POLL_MS = 1_000;
const MOST_POLL_MS = 5_000;
/** How long a deploy with a database migration may take; the run goes on meanwhile, or waits for an instance. */
const PATIENCE_MS = 5 * 60_000;
/** Asking again would give the same answer. Everything else is what a deploy looks like from outside. */
const FINAL = new Set(["unauthorized", "too_many_attempts", "run_not_found"]);

/**
 * Shows a run until it ends, or until the signal. Returns it as it was last seen. An app that restarts meanwhile is waited for.
 * @throws OperatorError when the app stays away, or refuses.
 */
export async function followRun(
  client: OperatorClient,
  first: RunView,
  view: ProgressView,
  { interrupted, pollMs = POLL_MS, patienceMs = PATIENCE_MS }: FollowOptions,
): Promise<RunView> {
  let run = first;
  let awaySince: number | undefined;
  let pause = pollMs;
  try {
    view.run(run);
    while (run.status === "running" && !interrupted.aborted) {
      await sleep(pause, undefined, { signal: interrupted }).catch(() => {});
      if (interrupted.aborted) break;
      try {
        run = await client.run(run.id);
        if (awaySince !== undefined) view.say("The app answers again.");
        awaySince = undefined;
        pause = pollMs;
        view.run(run);
      } catch (error) {
        if (interrupted.aborted) break;
        if (!(error instanceof OperatorError) || FINAL.has(error.code)) throw error;
        if (awaySince === undefined)
          view.say(`${error.message}. It may be restarting; the run is safe. Asking again …`);
        awaySince ??= performance.now();
        if (performance.now() - awaySince > patienceMs) throw error;
        pause = Math.min(pause * 1.5, MOST_POLL_MS);
      }
    }
    return run;
  } finally {
    view.end();
  }
}
