import { completeCommands } from "./complete-commands.ts";
import { REGRESSION } from "./doctor-finding.ts";
import type { HealthReport, RunFailure, RunView } from "./operator-client.ts";
import { harmless, PLAIN, type Paint } from "./paint.ts";

const NUMBER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const SHOWN_FAILURES = 5;
const SHOWN_ROWS = 20;

/** One line about a run under way, for a log. */
export function progressLine(run: RunView): string {
  const words = waitsFor(run);
  return [`${shopsOf(run)} shops (${percentOf(run)}%)`, ...paceOf(run), words && harmless(words)]
    .filter(Boolean)
    .join(" · ");
}

/**
 * One line about a run under way, fitted to a terminal's columns. Where there is too little room the less important facts are left
 * out: what it waits for is said before its pace, and its pace before the rest. The last column stays free, or some terminals wrap.
 */
export function barLine(run: RunView, { columns, paint = PLAIN, notice }: BarLook): string {
  const size = Math.max(0, Math.min(columns >= 110 ? 30 : columns >= 90 ? 20 : 10, columns - 8));
  const full = Math.floor((percentOf(run) / 100) * size);
  const bar = paint.good("█".repeat(full)) + paint.faint("░".repeat(size - full));
  const words = notice ?? waitsFor(run);
  const [rate, left, failed, wave] = paceOf(run);
  // In the order they are shown; a higher number goes first when there is no room.
  const facts: [string | false | null | undefined, number][] = [
    [`${percentOf(run)}%`, 0],
    [shopsOf(run), 2],
    [rate, 3],
    [left, 4],
    [failed, 5],
    [wave, 6],
    [words && harmless(words), 1],
  ];
  const room = columns - size - 2;
  for (let most = 6; ; most--) {
    const text = facts
      .filter(([fact, rank]) => fact && rank <= most)
      .map(([fact]) => fact)
      .join(" · ");
    if (text.length <= room) return `${bar} ${text}`;
    if (most <= 1) return `${bar} ${text.slice(0, Math.max(0, room - 1))}…`;
  }
}

/** Why nothing moves, where that is known. */
function waitsFor(run: RunView): string | null {
  if (run.notice || run.ratePerSecond > 0) return run.notice;
  return run.remaining > 0 ? "waiting for the first answers" : "counting what is left";
}

interface BarLook {
  columns: number;
  paint?: Paint;
  /** Said instead of the run's own notice. */
  notice?: string;
}

/** How many of its shops a run is done with. */
export function shopsDone(run: RunView): string {
  return `${shopsOf(run)} shops (${percentOf(run)}%)`;
}

function shopsOf(run: RunView): string {
  return `${count(run.total - run.remaining)}/${count(run.total)}`;
}

function paceOf(run: RunView): (string | null)[] {
  const unhappy = run.failed + run.needsReauth;
  return [
    `${NUMBER.format(run.ratePerSecond)}/s${run.allowedRate === null ? "" : ` (allowed ${NUMBER.format(run.allowedRate)})`}`,
    run.etaSeconds === null ? "time left unknown" : `${duration(run.etaSeconds)} left`,
    `${count(unhappy)} failed`,
    run.wave && `wave ${run.wave.number}/${run.wave.of} (${run.wave.percent}%)`,
  ];
}

/**
 * What came of a run, or how it stands, in a few lines.
 * @param command writes a command as the operator would type it.
 */
export function describeRun(run: RunView, command: (text: string) => string, paint: Paint = PLAIN): string {
  if (run.dryRun && run.plan) return describePlan(run, command, paint);
  const running = run.status === "running";
  const mark = running ? paint.attention("…") : isComplete(run) ? paint.good("✓") : paint.attention("!");
  const took = running ? "" : `, ${duration(secondsOf(run))} at ${NUMBER.format(run.ratePerSecond)} shops a second`;
  const reasons = Object.entries(run.failuresByCode);
  return [
    `${mark} ${paint.strong(`Run ${run.id}: ${run.status}`)}${took}`,
    ...(run.haltReason ? [paint.bad(`  It halted itself: ${harmless(run.haltReason)}`)] : []),
    row(run.migrated, "migrated"),
    row(run.skipped, "left alone", "already expiring, uninstalled, frozen, another app's, or without a token"),
    row(run.needsReauth, "wait for their merchant", "Shopify refuses the token for good; see the codes"),
    row(run.failed, "failed", "for now"),
    ...(run.remaining > 0 ? [row(run.remaining, "not tried yet")] : []),
    ...(reasons.length > 0 ? ["  Why not migrated:", ...reasons.map(([code, shops]) => row(shops, `× ${code}`))] : []),
    ...firstFailures(run, command, paint),
    ...(running
      ? [`  ${progressLine(run)}`]
      : [...proof(run, paint), `${paint.strong("Next:")} ${nextStep(run, command)}`]),
  ].join("\n");
}

/** One line about a run among others. */
export function runLine(run: RunView): string {
  const failed = run.failed + run.needsReauth;
  return [
    run.startedAt.slice(0, 16).replace("T", " "),
    run.id,
    run.dryRun ? "dry run" : run.status,
    `${count(run.migrated)} of ${count(run.total)} migrated`,
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(run.haltReason ? [harmless(run.haltReason)] : []),
  ].join("  ");
}

/** What waits now, whichever run left it; nothing when nothing does. */
export function describeWaiting(health: HealthReport, command: (text: string) => string): string[] {
  const { migratableTokens, unservedTokens, needsReauth, clientSecret } = health;
  const unserved = Object.entries(unservedTokens);
  const pinned = clientSecret?.pinned ?? 0;
  const wrong = whatIsWrong(health);
  const isIdle = migratableTokens === 0 && unserved.length === 0 && needsReauth === 0 && pinned === 0;
  if (isIdle && wrong.length === 0) return [];
  return [
    ...wrong.map((words) => completeCommands(harmless(`! ${words}`), command)),
    ...(isIdle ? [] : ["In the database now, whichever run left them:"]),
    ...(migratableTokens > 0 ? [row(migratableTokens, "permanent tokens to migrate")] : []),
    ...unserved.map(([code, shops]) => row(shops, `permanent, not to be migrated now: ${code}`)),
    ...(needsReauth > 0 ? [row(needsReauth, "shops wait for their merchant's next visit")] : []),
    ...(pinned > 0 ? [row(pinned, "still pinned to an earlier client secret", command("repin"))] : []),
    wrong.length > 0
      ? completeCommands(harmless(`Next: ${health.nextStep}`), command)
      : `  Which shops: ${command("doctor")}`,
  ];
}

/** What keeps a run from doing its work now, or undoes what it did; in the words of `doctor`. */
function whatIsWrong({ verdict, storageProblem, databaseProblem, tokenEncryption }: HealthReport): string[] {
  return [
    ...(tokenEncryption?.problem ? [tokenEncryption.problem] : []),
    ...(storageProblem ? [`the database would not keep a new token: ${storageProblem}`] : []),
    ...(databaseProblem ? [databaseProblem] : []),
    ...(verdict === "regression" ? [REGRESSION] : []),
  ];
}

function firstFailures(run: RunView, command: (text: string) => string, paint: Paint): string[] {
  if (run.failures.length === 0) return [];
  const all = Object.values(run.failuresByCode).reduce((sum, shops) => sum + shops, 0);
  const shown = run.failures.slice(0, SHOWN_FAILURES);
  return [
    all > shown.length ? `  The first ${shown.length} of ${count(all)}:` : "  Which shops:",
    ...shown.map((failure) => `    ${failureLine(failure)}`),
    ...(all > shown.length ? [paint.faint(`    all of them: ${command(`failures ${run.id}`)}`)] : []),
  ];
}

/** One shop that was not migrated, in words. */
export function failureLine(failure: RunFailure): string {
  const { shop, outcome, code, attempts, retryable, message } = failure;
  const facts = [code, attempts > 1 && `${attempts} attempts`, retryable && "may be tried again"].filter(Boolean);
  return harmless(`${shop}  ${outcome} (${facts.join(", ")}): ${message}`);
}

function describePlan(run: RunView, command: (text: string) => string, paint: Paint): string {
  const plan = run.plan!;
  const from = plan.rateFrom === "last run" ? "the rate of the last run" : "assuming half a second for each exchange";
  return [
    paint.strong("Dry run: Shopify was not called, nothing was changed."),
    row(plan.wouldTry, "would be tried", "shops with a permanent token"),
    ...describeRows(plan),
    ...(plan.waves ?? []).map(({ percent, shops }, wave) => row(shops, `in wave ${wave + 1} (up to ${percent}%)`)),
    row(run.permanentTokens ?? 0, "permanent tokens in the database now"),
    `  It would take about ${duration(run.etaSeconds ?? 0)} at ${NUMBER.format(run.ratePerSecond)} shops a second (${from}).`,
    `${paint.strong("Next:")} ${plan.wouldTry > 0 ? command("migrate") : command("doctor")}`,
  ].join("\n");
}

/** The rows that a run would not bring over, by reason and by name. */
function describeRows({ leftAlone = {}, rows = [] }: NonNullable<RunView["plan"]>): string[] {
  const counts = Object.entries(leftAlone);
  if (counts.length === 0) return [];
  const left = counts.reduce((sum, [, shops]) => sum + shops, 0);
  const shown = rows.slice(0, SHOWN_ROWS);
  return [
    ...counts.map(([code, shops]) => row(shops, `not expected to be migrated: ${code}`)),
    left > shown.length ? `  The first ${shown.length} of ${count(left)}:` : "  Which rows:",
    ...shown.map(({ id, shop, code, message }) => harmless(`    ${shop} (row ${id})  ${code}: ${message}`)),
  ];
}

function proof(run: RunView, paint: Paint): string[] {
  // A run that could not count says nothing about what is left.
  if (run.permanentTokens === null) return [];
  const left = run.permanentTokens;
  const migratable = run.migratableTokens ?? left;
  const fact = `  Permanent tokens left in the database: ${count(left)}`;
  if (left === 0) return [paint.good(`${fact}.`)];
  return migratable === 0
    ? [paint.good(`${fact}, none of which can be migrated: see the codes.`)]
    : [paint.attention(`${fact}, of which ${count(migratable)} can be migrated.`)];
}

function nextStep(run: RunView, command: (text: string) => string): string {
  if (run.status === "halted") return `Correct that, then start again: ${command("migrate")}`;
  if (run.status === "failed") return `Mend what it names (see the app's log), then start again: ${command("migrate")}`;
  if (!isComplete(run)) {
    const again = run.failed > 0 ? "Run it again; it takes up what failed or was not tried" : "Go on with the rest";
    return `${again}: ${command("migrate")}`;
  }
  return run.permanentTokens === 0
    ? `The migration is complete. What to close now: ${command("doctor")}`
    : `The migration is complete: what Shopify would not serve is tried again by the app itself. What to close now: ${command("doctor")}`;
}

/** Whether a run that has ended found no permanent token that could still be migrated. */
export function isComplete(run: RunView): boolean {
  const ended = run.status === "completed" || run.status === "stopped";
  return ended && (run.migratableTokens ?? run.permanentTokens) === 0;
}

/** Shops with an outcome, in whole percent: 100 only when each has one. */
export function percentOf(run: RunView): number {
  if (run.total === 0) return run.status === "running" ? 0 : 100;
  return Math.floor(((run.total - run.remaining) / run.total) * 100);
}

/** `75` → `1 min 15 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

function secondsOf(run: RunView): number {
  return run.finishedAt ? (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1_000 : 0;
}

function count(shops: number): string {
  return NUMBER.format(shops);
}

function row(shops: number, label: string, note = ""): string {
  return `  ${count(shops).padStart(9)}  ${label}${note && shops > 0 ? ` (${note})` : ""}`;
}
