import { DEADLINE } from "../infra/deadline.ts";
import type { AlertFacts } from "./alert-facts.ts";
import { ENDING_DAYS } from "./ending-chains.ts";

/** What is wrong, or will be, and what to do about it. */
export interface Alert {
  name: AlertName;
  severity: "critical" | "warning";
  /** Which degree of it; another degree is reported anew, more of the same is not. */
  step: string;
  /** One line for people: what is so, and the next step. */
  text: string;
  /** The numbers behind it. */
  details: Record<string, string | number>;
}

export const ALERT_NAMES = [
  "permanent_token_regression",
  "migration_stalled",
  "chains_ending",
  "keep_alive_not_running",
  "dead_letters",
  "storage_unfit",
  "sealing_incomplete",
  "chains_pinned",
  "deadline",
] as const;
type AlertName = (typeof ALERT_NAMES)[number];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** The background pass begins every five minutes, and seals 2,000 rows a second. */
const SEALING_LATE_MS = 2 * HOUR_MS;
/** `repin` takes an hour and a half for 100,000 shops. */
const ROTATION_LATE_MS = 2 * DAY_MS;
/** A shop is tried again at most a few minutes after a refusal; pauses that Shopify asks for are bounded below this. */
const STALLED_AFTER_MS = 30 * MINUTE_MS;
/** Keep-alive is planned hourly. */
const KEEP_ALIVE_LATE_MS = 3 * HOUR_MS;
/** Days before the deadline on which it is reported while permanent tokens are left. */
const DEADLINE_STEPS = [1, 3, 7, 14, 30];

/** For how long something stands as it is; milliseconds. */
export interface Unchanged {
  /** The latest run. */
  run: number;
  /** Whether tokens wait to be sealed, or unsealed. */
  sealing: number;
  /** Whether chains depend on the previous client secret. */
  rotation: number;
}

/** What is to be reported now. The same facts always give the same alerts. */
export function judgeAlerts(facts: AlertFacts, unchangedMs: Unchanged): Alert[] {
  const found = [
    regression(facts),
    stalled(facts, unchangedMs.run),
    chainsEnding(facts),
    keepAlive(facts),
    deadLetters(facts),
    storage(facts),
    sealingIncomplete(facts, unchangedMs.sealing),
    chainsPinned(facts, unchangedMs.rotation),
    deadline(facts),
  ];
  return found.filter((alert) => alert !== undefined);
}

function regression({ sinceContract }: AlertFacts): Alert | undefined {
  if (sinceContract === 0) return undefined;
  return {
    name: "permanent_token_regression",
    severity: "critical",
    step: "found",
    text: `${count(sinceContract, "permanent token")} stored since contract. Find what stored it (an older release, or a restored backup), then: npm run tokens -- migrate`,
    details: { sinceContract },
  };
}

function stalled({ run, migratable }: AlertFacts, unchangedMs: number): Alert | undefined {
  const details = { status: run.status, finished: run.finished, total: run.total, migratable };
  const named = { name: "migration_stalled", severity: "critical", details } as const;
  if (run.status === "running" && !run.waits && unchangedMs >= STALLED_AFTER_MS) {
    const minutes = Math.floor(unchangedMs / MINUTE_MS);
    const text = `The migration has finished no shop for ${minutes} minutes (${run.finished} of ${run.total}). See what it waits for: npm run tokens -- status`;
    return { ...named, step: "no_progress", text };
  }
  if ((run.status === "halted" || run.status === "failed") && migratable > 0) {
    const text = `The migration ${run.status === "halted" ? "halted" : "failed"} with ${count(migratable, "permanent token")} left. Its reason: npm run tokens -- status`;
    return { ...named, step: run.status, text };
  }
  return undefined;
}

function chainsEnding({ chains }: AlertFacts): Alert | undefined {
  if (chains.open === 0) return undefined;
  return {
    name: "chains_ending",
    severity: "critical",
    step: "found",
    text: `${count(chains.open, "refresh token")} end within ${ENDING_DAYS} days though their shops are open: keep-alive should have renewed them. See docs/runbook.md, "Afterwards: what to watch"`,
    details: { open: chains.open, suspended: chains.suspended },
  };
}

function keepAlive({ now, jobs }: AlertFacts): Alert | undefined {
  const at = jobs.lastDone["plan-keep-alive"];
  if (at !== undefined && now - at < KEEP_ALIVE_LATE_MS) return undefined;
  const since = at === undefined ? "never" : `${Math.floor((now - at) / HOUR_MS)} hours ago`;
  return {
    name: "keep_alive_not_running",
    severity: "critical",
    step: "late",
    text: `Keep-alive was last planned ${since}; without it shops lose their token on day 90. Look for errors of plan-keep-alive in the log`,
    details: { lastPlanned: at === undefined ? "never" : new Date(at).toISOString() },
  };
}

function deadLetters({ jobs: { deadLetters } }: AlertFacts): Alert | undefined {
  if (deadLetters === 0) return undefined;
  return {
    name: "dead_letters",
    severity: "warning",
    step: "found",
    text: `${count(deadLetters, "background job")} failed for good. Their reasons: npm run tokens -- dead-letters`,
    details: { deadLetters },
  };
}

function storage({ storageProblem }: AlertFacts): Alert | undefined {
  if (storageProblem === undefined) return undefined;
  return {
    name: "storage_unfit",
    severity: "critical",
    step: "unfit",
    text: `The database would not keep a new token, so none is asked for: ${storageProblem}. The remedy: npm run tokens -- doctor`,
    details: { problem: storageProblem },
  };
}

function sealingIncomplete({ sealing }: AlertFacts, unchangedMs: number): Alert | undefined {
  const { toConvert, unreadable } = sealing;
  const named = { name: "sealing_incomplete", details: { toConvert, unreadable } } as const;
  if (unreadable > 0) {
    const text = `${count(unreadable, "stored token")} sealed with a key that the app does not have. Add it again to TOKEN_ENCRYPTION_KEYS, behind the one that seals: docs/runbook.md, "Seal tokens"`;
    return { ...named, severity: "critical", step: "unreadable", text };
  }
  if (toConvert === 0 || unchangedMs < SEALING_LATE_MS) return undefined;
  const text = `${count(toConvert, "stored token")} not in the form in which new ones are stored, for ${hours(unchangedMs)}. Now: npm run tokens -- seal, or unseal. Why not by itself: errors of seal-tokens in the log`;
  return { ...named, severity: "warning", step: "late", text };
}

function chainsPinned({ rotation: { pinned } }: AlertFacts, unchangedMs: number): Alert | undefined {
  if (pinned === 0 || unchangedMs < ROTATION_LATE_MS) return undefined;
  return {
    name: "chains_pinned",
    severity: "warning",
    step: "late",
    text: `A rotation of the client secret has been under way for ${hours(unchangedMs)}, and ${count(pinned, "chain")} still pinned to an earlier one: do not revoke it. Refresh them: npm run tokens -- repin`,
    details: { pinned },
  };
}

function deadline({ now, migratable }: AlertFacts): Alert | undefined {
  const daysLeft = Math.ceil((Date.parse(DEADLINE) - now) / DAY_MS);
  const step = daysLeft <= 0 ? "over" : DEADLINE_STEPS.find((days) => daysLeft <= days);
  if (migratable === 0 || step === undefined) return undefined;
  const when =
    step === "over" ? `since ${DEADLINE}` : `in ${daysLeft} ${daysLeft === 1 ? "day" : "days"} (${DEADLINE})`;
  return {
    name: "deadline",
    severity: step === "over" || step <= 14 ? "critical" : "warning",
    step: String(step),
    text: `${count(migratable, "permanent token")} left, which Shopify refuses ${when}. Migrate: npm run tokens -- migrate`,
    details: { migratable, daysLeft },
  };
}

function hours(ms: number): string {
  return `${Math.floor(ms / HOUR_MS)} hours`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
