import type { RunView } from "../../../migration/index.ts";
import type { Tone } from "../parts/badge.tsx";
import { formatCount, formatNumber } from "./format.ts";

const STATUS: Record<RunView["status"], string> = {
  running: "At work",
  completed: "Completed",
  stopped: "Stopped",
  halted: "Halted itself",
  failed: "Failed",
};

/** A run's status in a word or two. */
export function statusWords(run: Pick<RunView, "status" | "dryRun">): string {
  return run.dryRun ? "Rehearsal" : STATUS[run.status];
}

/** How its badge is coloured; the words say the same. */
export function statusTone(run: Pick<RunView, "status" | "dryRun">): Tone {
  if (run.dryRun || run.status === "stopped") return "quiet";
  if (run.status === "running") return "attention";
  return run.status === "completed" ? "good" : "bad";
}

/** What a run has come to, in a sentence. */
export function runWords(run: RunView): string {
  if (run.dryRun)
    return `${formatCount(run.plan?.wouldTry ?? run.total, "store")} would be tried. Nothing was changed.`;
  const done = `${formatNumber(run.migrated)} of ${formatCount(run.total, "store")} migrated`;
  const rest = run.failed + run.needsReauth + run.skipped;
  const others = rest === 0 ? "" : `, ${formatNumber(rest)} ended otherwise`;
  if (run.status === "running") return `${done}${others}, ${formatNumber(run.remaining)} to go.`;
  return `${done}${others}${run.remaining > 0 ? `, ${formatNumber(run.remaining)} not tried` : ""}.`;
}
