import { describeDeadLetters } from "./describe-dead-letters.ts";
import { describeRun, describeWaiting, failureLine, isComplete, runLine } from "./describe-run.ts";
import { failuresCsv } from "./failures-csv.ts";
import { followRun } from "./follow-run.ts";
import type { OperatorClient, RunView, StartedRun } from "./operator-client.ts";
import { OperatorError } from "./operator-error.ts";
import type { Paint } from "./paint.ts";
import type { ProgressView } from "./progress-view.ts";

/** Where a command writes, and what ends it. */
export interface Surroundings {
  json: boolean;
  /** The result: one line of text, or of JSON. */
  out: (line: string) => void;
  /** The result, as it is. */
  outRaw: (text: string) => void;
  /** For people, beside the result. */
  note: (line: string) => void;
  paint: Paint;
  /** How a run under way is shown; made when one is. */
  view: () => ProgressView;
  /** A command as the operator would type it, with the address that was given. */
  command: (text: string) => string;
  /** Aborted by Ctrl-C. */
  interrupted: AbortSignal;
}

/**
 * The exit codes of every command. `done`: it did what it says; for migrate and watch: no permanent token remains that could have been
 * migrated. `notDone`: some remain, or, for doctor, something is wrong. `failed`: a wrong option, or the app could not be asked.
 * `detached`: Ctrl-C ended following; the run goes on.
 */
export const EXIT = { done: 0, notDone: 1, failed: 2, detached: 130 } as const;

export interface MigrateFlags {
  dryRun?: boolean;
  limit?: number;
  shop?: string[];
  concurrency?: number;
  waves?: string;
  pauseBetween?: number | "confirm";
  verify?: string;
  failureThreshold?: number;
  detach?: boolean;
}

/** Starts a run, or joins the one there is, and follows it. */
export async function migrate(client: OperatorClient, flags: MigrateFlags, at: Surroundings): Promise<number> {
  const { shop, detach, ...rest } = flags;
  const run = await start(client, { ...rest, ...(shop && { shops: shop }), waitSeconds: 0 }, at);
  if (run.dryRun) {
    if (shop && run.total === 0) {
      at.note(at.paint.attention(`No shop that was named would be tried. Why: ${at.command(`shop ${shop[0]}`)}`));
    }
    at.out(at.json ? JSON.stringify(run) : describeRun(run, at.command, at.paint));
    return EXIT.done;
  }
  if (run.joined) {
    const ignored = Object.keys(flags).some((flag) => flag !== "detach");
    at.note(
      at.paint.attention(
        `Joined run ${run.id}, which was under way already (there are never two).` +
          (ignored ? " It keeps the options it was started with; yours were not used." : ""),
      ),
    );
  } else at.note(`Run ${run.id} has begun on ${client.origin}.`);
  if (detach) {
    at.out(at.json ? JSON.stringify(run) : waysOn(run, at));
    return EXIT.done;
  }
  at.note(at.paint.faint("Ctrl-C detaches; the run goes on."));
  return follow(client, run, at);
}

async function start(client: OperatorClient, body: object, at: Surroundings): Promise<StartedRun> {
  try {
    return await client.startRun(body);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const isUnsure = [
      "interrupted",
      "unreachable",
      "timeout",
      "app_failed",
      "database_unreachable",
      "proxy_failed",
    ].includes(error.code);
    if (!isUnsure) throw error;
    const remedy = `It is not known whether a run began: ${at.command("status")}. ${error.remedy}`;
    throw new OperatorError(error.code, error.message, remedy.trim(), { cause: error });
  }
}

/** Follows the run at work until it ends; shows the latest one when none is. */
export async function watch(client: OperatorClient, id: string | undefined, at: Surroundings): Promise<number> {
  const run = await findRun(client, id);
  if (!run) return noRun(at, EXIT.notDone);
  return follow(client, run, at);
}

/** How a run stands, and, for the latest one, which shops wait whatever run left them. */
export async function status(client: OperatorClient, id: string | undefined, at: Surroundings): Promise<number> {
  const run = await findRun(client, id);
  if (!run) return noRun(at);
  if (at.json) at.out(JSON.stringify(run));
  else {
    at.out(describeRun(run, at.command, at.paint));
    if (id === undefined) for (const line of describeWaiting(await client.health(), at.command)) at.out(line);
  }
  return EXIT.done;
}

/** The latest runs, the newest first. */
export async function runs(client: OperatorClient, { limit }: { limit: number }, at: Surroundings): Promise<number> {
  const found = await client.runs(limit);
  if (at.json) at.out(JSON.stringify({ runs: found }));
  else if (found.length === 0) return noRun(at);
  else for (const run of found) at.out(runLine(run));
  return EXIT.done;
}

/** The word that a run waits for between two waves. */
export async function goOn(client: OperatorClient, id: string | undefined, at: Surroundings): Promise<number> {
  const run = await findRun(client, id);
  if (!run) return noRun(at);
  if (run.status !== "running") return notRunning(run, at);
  const next = await client.continueRun(run.id);
  at.out(at.json ? JSON.stringify(next) : `Run ${run.id} goes on. Follow it: ${at.command(`watch ${run.id}`)}`);
  return EXIT.done;
}

/** Stops a run after the calls in flight, and waits until it has. */
export async function stop(client: OperatorClient, id: string | undefined, at: Surroundings): Promise<number> {
  const run = await findRun(client, id);
  if (!run) return noRun(at);
  if (run.status !== "running") return notRunning(run, at);
  at.note(`Stopping run ${run.id} after the calls in flight …`);
  const quiet: ProgressView = { run() {}, say: at.note, end() {} };
  const stopped = await followRun(client, await client.stopRun(run.id), quiet, at);
  if (stopped.status === "running") {
    at.note(`The run has been asked to stop. Look again: ${at.command(`status ${run.id}`)}`);
    return EXIT.detached;
  }
  at.out(at.json ? JSON.stringify(stopped) : describeRun(stopped, at.command, at.paint));
  return EXIT.done;
}

/** Every failure of a run. */
export async function failures(
  client: OperatorClient,
  id: string | undefined,
  format: { csv?: boolean },
  at: Surroundings,
): Promise<number> {
  const found = await findRun(client, id);
  if (!found) return noRun(at);
  if (found.dryRun && id === undefined) {
    at.note(
      `The latest run, ${found.id}, was a dry run and tried no shop. Name another: ${at.command("failures <run>")}`,
    );
  }
  const run = await client.run(found.id, { allFailures: true });
  if (format.csv) for (const record of failuresCsv(run.failures)) at.outRaw(record);
  else if (at.json) for (const failure of run.failures) at.out(JSON.stringify(failure));
  else if (run.failures.length === 0) at.out(`Run ${run.id} has no failures.`);
  else for (const failure of run.failures) at.out(failureLine(failure));
  return EXIT.done;
}

/** Background jobs that failed for good; with `retry` they are enqueued anew first. */
export async function deadLetters(
  client: OperatorClient,
  { retry }: { retry?: boolean },
  at: Surroundings,
): Promise<number> {
  const found = retry ? await client.retryDeadLetters() : await client.deadLetters();
  if (at.json) at.out(JSON.stringify(found));
  else at.out(describeDeadLetters(found, at.command));
  return EXIT.done;
}

async function follow(client: OperatorClient, first: RunView, at: Surroundings): Promise<number> {
  const run = await followRun(client, first, at.view(), at);
  if (run.status === "running") {
    at.note(`Detached. ${waysOn(run, at)}`);
    return EXIT.detached;
  }
  if (!at.json) at.out(describeRun(run, at.command, at.paint));
  return run.dryRun || isComplete(run) ? EXIT.done : EXIT.notDone;
}

/** @throws OperatorError run_not_found for an id that there is not. */
async function findRun(client: OperatorClient, id: string | undefined): Promise<RunView | undefined> {
  return id === undefined ? client.latestRun() : client.run(id);
}

/** Nothing is wrong with that: an answer like another. */
function noRun(at: Surroundings, code: number = EXIT.done): number {
  const message = `No run has been started yet. Rehearse one: ${at.command("migrate --dry-run")}`;
  at.out(at.json ? JSON.stringify({ run: null, message }) : message);
  return code;
}

/** As with `noRun`: there is nothing to do. */
function notRunning(run: RunView, at: Surroundings): number {
  at.out(at.json ? JSON.stringify(run) : `Run ${run.id} is not running: ${run.status}.`);
  return EXIT.done;
}

function waysOn(run: RunView, at: Surroundings): string {
  return `The run goes on.\n  follow it again:  ${at.command(`watch ${run.id}`)}\n  stop it:          ${at.command(`stop ${run.id}`)}`;
}
