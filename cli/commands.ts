import { describeRun, isComplete } from "./describe-run.ts";
import { examine, readTomlInstallFlow } from "./examine.ts";
import { failuresCsv } from "./failures-csv.ts";
import { followRun } from "./follow-run.ts";
import type { OperatorClient, RunView } from "./operator-client.ts";
import { OperatorError } from "./operator-error.ts";

/** Where a command writes, and what ends it. */
export interface Surroundings {
  json: boolean;
  isTerminal: boolean;
  out: (line: string) => void;
  /** For people, beside what is written for machines. */
  note: (line: string) => void;
  /** Aborted by Ctrl-C. */
  interrupted: AbortSignal;
  pollMs?: number;
}

/** 0: no permanent token remains that could have been migrated, or the command did what it says. */
export const EXIT = { done: 0, notDone: 1, failed: 2, detached: 130 } as const;

export interface MigrateFlags {
  dryRun?: boolean;
  limit?: number;
  shop?: string[];
  concurrency?: number;
  waves?: string;
  verify?: string;
  failureThreshold?: number;
  detach?: boolean;
}

/** Starts a run, or joins the one there is, and follows it. */
export async function migrate(client: OperatorClient, flags: MigrateFlags, at: Surroundings): Promise<number> {
  const { shop, detach, ...rest } = flags;
  const run = await client.startRun({ ...rest, ...(shop?.length && { shops: shop }), waitSeconds: 0 });
  if (run.dryRun) {
    at.out(at.json ? JSON.stringify(run) : describeRun(run));
    return EXIT.done;
  }
  if (detach) {
    at.out(at.json ? JSON.stringify(run) : `Run ${run.id} is under way. ${howToGoOn(client)}`);
    return EXIT.done;
  }
  if (!at.json) at.note(`Run ${run.id} on ${client.url}. Ctrl-C detaches; the run goes on.`);
  return follow(client, run, at);
}

/** Follows the run at work until it ends; shows the latest one when none is. */
export async function watch(client: OperatorClient, id: string | undefined, at: Surroundings): Promise<number> {
  return follow(client, await requireRun(client, id), at);
}

export async function status(client: OperatorClient, id: string | undefined, at: Surroundings): Promise<number> {
  const run = await requireRun(client, id);
  at.out(at.json ? JSON.stringify(run) : describeRun(run));
  return EXIT.done;
}

/** Stops a run after the calls in flight, and waits until it has. */
export async function stop(client: OperatorClient, id: string | undefined, at: Surroundings): Promise<number> {
  const run = await requireRun(client, id);
  if (run.status !== "running") {
    at.out(at.json ? JSON.stringify(run) : `Run ${run.id} is not running: ${run.status}.`);
    return EXIT.done;
  }
  const stopped = await followRun(client, await client.stopRun(run.id), {
    ...at,
    json: false,
    isTerminal: false,
    signal: at.interrupted,
  });
  at.out(at.json ? JSON.stringify(stopped) : describeRun(stopped));
  return stopped.status === "running" ? EXIT.detached : EXIT.done;
}

/** Every failure of a run. */
export async function failures(
  client: OperatorClient,
  id: string | undefined,
  format: { csv?: boolean },
  at: Surroundings,
): Promise<number> {
  const run = await client.run((await requireRun(client, id)).id, { allFailures: true });
  if (format.csv) for (const line of failuresCsv(run.failures)) at.out(line);
  else if (at.json) for (const failure of run.failures) at.out(JSON.stringify(failure));
  else if (run.failures.length === 0) at.out(`Run ${run.id} has no failures.`);
  else {
    for (const one of run.failures) {
      const tries = one.attempts === 1 ? "1 attempt" : `${one.attempts} attempts`;
      at.out(
        `${one.shop}  ${one.outcome} (${one.code}, ${tries}${one.retryable ? ", may be tried again" : ""}): ${one.message}`,
      );
    }
  }
  return EXIT.done;
}

/** Compares phase, shopify.app.toml, database and latest run, and names the next safe step. */
export async function doctor(client: OperatorClient, tomlFile: string, at: Surroundings): Promise<number> {
  const [isReady, health, latestRun, tomlUsesLegacyInstallFlow] = await Promise.all([
    client.isReady(),
    client.health(),
    client.latestRun(),
    readTomlInstallFlow(tomlFile),
  ]);
  const { findings, nextStep } = examine({ isReady, health, latestRun, tomlUsesLegacyInstallFlow });
  if (at.json) at.out(JSON.stringify({ health, findings, nextStep }));
  else {
    const mark = { ok: "✓", attention: "!", problem: "✗" };
    for (const { level, text } of findings) at.out(`${mark[level]} ${text}`);
    at.out(`\nNext step: ${nextStep}`);
  }
  return findings.some((finding) => finding.level === "problem") ? EXIT.notDone : EXIT.done;
}

async function follow(client: OperatorClient, first: RunView, at: Surroundings): Promise<number> {
  const run = await followRun(client, first, { ...at, signal: at.interrupted });
  if (run.status === "running") {
    at.note(`\nDetached; run ${run.id} goes on. ${howToGoOn(client)}`);
    return EXIT.detached;
  }
  if (!at.json) at.out(describeRun(run));
  return isComplete(run) ? EXIT.done : EXIT.notDone;
}

async function requireRun(client: OperatorClient, id: string | undefined): Promise<RunView> {
  const run = id === undefined ? await client.latestRun() : await client.run(id);
  if (run) return run;
  throw new OperatorError(
    "run_not_found",
    "no run has been started yet",
    "Start one: npm run tokens -- migrate --dry-run",
  );
}

function howToGoOn(client: OperatorClient): string {
  return `Look again: npm run tokens -- watch --url ${client.url} · stop it: npm run tokens -- stop --url ${client.url}`;
}
