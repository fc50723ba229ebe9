// Proves which step of the rollout is next in each situation, and that later ones are locked with a reason.
import { expect, it } from "vitest";
import { rolloutPath, type PathFacts } from "./rollout-path.ts";

const facts = (given: Partial<PathFacts["report"]> & Partial<Omit<PathFacts, "report">>): PathFacts => {
  const { rolloutComplete = true, rolloutPercent = 100, isRunning = false, isExempt = false, ...report } = given;
  return {
    report: { phase: "expand", verdict: "clean", migratableTokens: 0, permanentTokens: 0, ...report },
    rolloutComplete,
    rolloutPercent,
    isRunning,
    isExempt,
  };
};
const states = (given: Parameters<typeof facts>[0]) =>
  Object.fromEntries(rolloutPath(facts(given)).map(({ name, state }) => [name, state]));

it.each([
  [
    "before anything",
    { phase: "legacy", verdict: "migrating", migratableTokens: 9 },
    ["now", "next", "locked", "locked"],
  ],
  ["a share", { rolloutComplete: false, rolloutPercent: 25, migratableTokens: 9 }, ["done", "now", "next", "locked"]],
  ["expanded", { migratableTokens: 9 }, ["done", "done", "next", "locked"]],
  ["a run at work", { migratableTokens: 9, isRunning: true }, ["done", "done", "now", "locked"]],
  ["migrated", {}, ["done", "done", "done", "next"]],
  ["migrated, but for a share", { rolloutComplete: false }, ["done", "now", "done", "locked"]],
  ["contract", { phase: "contract" }, ["done", "done", "done", "done"]],
  ["a regression", { phase: "contract", verdict: "regression", migratableTokens: 1 }, ["done", "done", "next", "now"]],
  ["an exempt app", { isExempt: true }, ["done", "done", "done", "next"]],
] as const)("%s", (_name, given, [legacy, expand, migrate, contract]) => {
  expect(states(given)).toEqual({ legacy, expand, migrate, contract });
  expect(rolloutPath(facts(given)).filter(({ state }) => state === "next").length).toBeLessThanOrEqual(1);
});

it("says why a step is locked", () => {
  for (const { state, why } of rolloutPath(facts({ phase: "legacy" }))) {
    if (state === "locked") expect(why).toMatch(/^Locked /);
  }
});
