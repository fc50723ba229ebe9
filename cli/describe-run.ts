import type { RunView } from "./operator-client.ts";

/** One line about a run under way, for a log. */
export function progressLine(run: RunView, now = new Date()): string {
  const done = run.total - run.remaining;
  const parts = [
    `${now.toISOString().slice(11, 19)}  ${done} of ${run.total} shops (${percentOf(run)}%)`,
    `${run.ratePerSecond}/s${run.allowedRate === null ? "" : ` (allowed ${run.allowedRate}/s)`}`,
    run.etaSeconds === null ? "time left unknown" : `about ${duration(run.etaSeconds)} left`,
    `${run.failed + run.needsReauth} failed`,
  ];
  if (run.wave) parts.push(`wave ${run.wave.number} of ${run.wave.of} (${run.wave.percent}%)`);
  if (run.notice) parts.push(run.notice);
  return parts.join(" · ");
}

/** What came of a run, or how it stands, in a few lines. */
export function describeRun(run: RunView): string {
  if (run.dryRun && run.plan) return describePlan(run);
  const lines = [
    `Run ${run.id}: ${run.status}${run.haltReason ? `: ${run.haltReason}` : ""}`,
    row("migrated", run.migrated),
    row("skipped", run.skipped, "nothing to do, or not now: already expiring, suspended, uninstalled …"),
    row("need re-authorization", run.needsReauth, "the merchant's next visit heals them"),
    row("failed", run.failed),
  ];
  if (run.remaining > 0) lines.push(row("without outcome", run.remaining));
  for (const [code, shops] of Object.entries(run.failuresByCode))
    lines.push(`    ${String(shops).padStart(9)}  × ${code}`);
  if (run.status === "running") return [...lines, progressLine(run)].join("\n");
  lines.push(`  took ${duration(secondsOf(run))}, ${run.ratePerSecond} shops per second`);
  lines.push(proofLine(run));
  if (run.legacyPrefixRows) {
    lines.push(
      `  (${run.legacyPrefixRows} tokens start with shpat_, as expiring ones do: that number never reaches zero.)`,
    );
  }
  return lines.join("\n");
}

function describePlan(run: RunView): string {
  const plan = run.plan!;
  const known = [
    [plan.knownNeedsReauth, "are known to need re-authorization"],
    [plan.knownSuspended, "are suspended for now"],
    [plan.knownUninstalled, "are known to be uninstalled"],
  ].filter(([shops]) => shops !== 0);
  return [
    `Dry run: nothing was sent to Shopify, nothing was changed.`,
    row("would be tried", plan.wouldTry, "shops with a permanent token"),
    ...known.map(([shops, words]) => `    of which ${shops} ${words}`),
    ...(plan.waves ?? []).map((wave) => `    ${wave.percent}%: ${wave.shops} shops`),
    row("permanent tokens", run.permanentTokens ?? 0, "in the database now"),
    `  would take about ${duration(run.etaSeconds ?? 0)} at ${run.ratePerSecond} shops per second ` +
      (plan.rateFrom === "last run" ? "(the last run's rate)" : "(assumed: half a second for each exchange)"),
  ].join("\n");
}

function proofLine(run: RunView): string {
  const left = run.permanentTokens ?? 0;
  if (left === 0) return "  permanent tokens left in the database: 0. The migration is complete.";
  const migratable = run.migratableTokens ?? left;
  return migratable === 0
    ? `  permanent tokens left in the database: ${left}, none of which can be migrated now (suspended or uninstalled shops).`
    : `  permanent tokens left in the database: ${left}, of which ${migratable} can be migrated: run migrate again.`;
}

/** Whether a run proves that no permanent token remains that could have been migrated. */
export function isComplete(run: RunView): boolean {
  return run.status === "completed" && !run.dryRun && (run.migratableTokens ?? run.permanentTokens) === 0;
}

export function percentOf(run: RunView): number {
  return run.total === 0 ? 100 : Math.floor(((run.total - run.remaining) / run.total) * 100);
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

function row(label: string, count: number, note = ""): string {
  return `  ${String(count).padStart(9)}  ${label}${note && count > 0 ? ` (${note})` : ""}`;
}
