import type { TokenHealthReport } from "../../../health/token-health-report.ts";

/** `done`: behind us. `now`: under way. `next`: may be taken. `locked`: must wait, and why is said. */
export type StepState = "done" | "now" | "next" | "locked";

export interface PathStep {
  name: "legacy" | "expand" | "migrate" | "contract";
  title: string;
  state: StepState;
  /** One sentence: what it has done, what it waits for, or why it is locked. */
  why: string;
}

export interface PathFacts {
  report: Pick<TokenHealthReport, "phase" | "verdict" | "migratableTokens" | "permanentTokens">;
  /** Token exchange serves every shop. */
  rolloutComplete: boolean;
  /** Percent of the shops that token exchange serves. */
  rolloutPercent: number;
  /** A migration is at work. */
  isRunning: boolean;
  /** The app's distribution may keep permanent tokens: nothing has to be done. */
  isExempt: boolean;
}

/** The way of the rollout, with each step's state and the reason for it. One step at most is `next`. */
export function rolloutPath(facts: PathFacts): PathStep[] {
  return [legacy(facts), expand(facts), migrate(facts), contract(facts)];
}

function legacy({ report }: PathFacts): PathStep {
  const isHere = report.phase === "legacy";
  return {
    name: "legacy",
    title: "Legacy",
    state: isHere ? "now" : "done",
    why: isHere ? "New and old shops have permanent tokens." : "This release refreshes tokens on every instance.",
  };
}

function expand({ report, rolloutComplete, rolloutPercent }: PathFacts): PathStep {
  const step = { name: "expand", title: "Expand" } as const;
  if (report.phase === "legacy") {
    return { ...step, state: "next", why: "Both kinds of token work side by side. It can be set back at any time." };
  }
  if (report.phase === "contract" || rolloutComplete) {
    return { ...step, state: "done", why: "Every shop gets expiring tokens." };
  }
  const why =
    rolloutPercent < 100
      ? `${rolloutPercent}% of the shops get expiring tokens; raise TOKEN_EXCHANGE_ROLLOUT.`
      : "Some shops are left out of TOKEN_EXCHANGE_ROLLOUT.";
  return { ...step, state: "now", why };
}

function migrate(facts: PathFacts): PathStep {
  const { report, isRunning, isExempt } = facts;
  const step = { name: "migrate", title: "Migrate" } as const;
  if (isExempt) return { ...step, state: "done", why: "This app's distribution may keep permanent tokens." };
  if (report.phase === "legacy") {
    return { ...step, state: "locked", why: "Locked until expand: a migrated shop would not be refreshed." };
  }
  if (isRunning) return { ...step, state: "now", why: `A run is at work; ${tokens(report.migratableTokens)} left.` };
  if (report.migratableTokens > 0) {
    return {
      ...step,
      state: "next",
      why: `${tokens(report.migratableTokens)} left to exchange. This cannot be undone.`,
    };
  }
  return { ...step, state: "done", why: "No token is left that could be migrated." };
}

function contract(facts: PathFacts): PathStep {
  const { report, rolloutComplete } = facts;
  const step = { name: "contract", title: "Contract" } as const;
  if (report.phase === "contract") {
    return report.verdict === "regression"
      ? { ...step, state: "now", why: "A permanent token was stored after this step: find what stored it." }
      : { ...step, state: "done", why: "The app gets no permanent token any more." };
  }
  if (report.phase === "legacy") return { ...step, state: "locked", why: "Locked until expand and migrate are done." };
  if (report.migratableTokens > 0) {
    return { ...step, state: "locked", why: "Locked while a token is left to migrate: the app would refuse to start." };
  }
  if (!rolloutComplete) return { ...step, state: "locked", why: "Locked until every shop gets expiring tokens." };
  return { ...step, state: "next", why: "Everything before it is done. It can be set back." };
}

function tokens(count: number): string {
  return `${count.toLocaleString("en")} permanent token${count === 1 ? "" : "s"}`;
}
