import { formatCount } from "../../../pages/words/format.ts";
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

type Standing = [state: StepState, why: string];

/** The way of the rollout, with each step's state and the reason for it. One step at most is `next`. */
export function rolloutPath(facts: PathFacts): PathStep[] {
  const step = (name: PathStep["name"], title: string, [state, why]: Standing) => ({ name, title, state, why });
  return [
    step("legacy", "Legacy", legacy(facts)),
    step("expand", "Expand", expand(facts)),
    step("migrate", "Migrate", migrate(facts)),
    step("contract", "Contract", contract(facts)),
  ];
}

function legacy({ report }: PathFacts): Standing {
  return report.phase === "legacy"
    ? ["now", "New and old shops have permanent tokens."]
    : ["done", "This release refreshes tokens on every instance."];
}

function expand({ report, rolloutComplete, rolloutPercent }: PathFacts): Standing {
  if (report.phase === "legacy") {
    return ["next", "Both kinds of token work side by side. It can be set back at any time."];
  }
  if (report.phase === "contract" || rolloutComplete) return ["done", "Every shop gets expiring tokens."];
  return rolloutPercent < 100
    ? ["now", `${rolloutPercent}% of the shops get expiring tokens; raise TOKEN_EXCHANGE_ROLLOUT.`]
    : ["now", "Some shops are left out of TOKEN_EXCHANGE_ROLLOUT."];
}

function migrate({ report, isRunning, isExempt }: PathFacts): Standing {
  const left = `${formatCount(report.migratableTokens, "permanent token")} left`;
  if (isExempt) return ["done", "This app's distribution may keep permanent tokens."];
  if (report.phase === "legacy") return ["locked", "Locked until expand: a migrated shop would not be refreshed."];
  if (isRunning) return ["now", `A run is at work; ${left}.`];
  if (report.migratableTokens > 0) return ["next", `${left} to exchange. This cannot be undone.`];
  return ["done", "No token is left that could be migrated."];
}

function contract({ report, rolloutComplete }: PathFacts): Standing {
  if (report.phase === "contract") {
    return report.verdict === "regression"
      ? ["now", "A permanent token was stored after this step: find what stored it."]
      : ["done", "The app gets no permanent token any more."];
  }
  if (report.phase === "legacy") return ["locked", "Locked until expand and migrate are done."];
  if (report.migratableTokens > 0) {
    return ["locked", "Locked while a token is left to migrate: the app would refuse to start."];
  }
  if (!rolloutComplete) return ["locked", "Locked until every shop gets expiring tokens."];
  return ["next", "Everything before it is done. It can be set back."];
}
