import type { PathStep, StepState } from "../../console/facts/rollout/rollout-path.ts";

const WORDS: Record<StepState, string> = { done: "Done", now: "Now", next: "Next safe step", locked: "Locked" };
const MARKS: Record<StepState, string> = { done: "✓", now: "●", next: "→", locked: "–" };

/** legacy → expand → migrate → contract, with each step's state in words. */
export function RolloutPath({ steps }: { steps: PathStep[] }) {
  return (
    <ol className="path">
      {steps.map(({ name, title, state, why }) => (
        <li key={name} className={state} aria-current={state === "now" ? "step" : undefined}>
          <p className="path-state">
            <span className="mark" aria-hidden="true">
              {MARKS[state]}
            </span>
            {WORDS[state]}
          </p>
          <h3>{title}</h3>
          <p className="hint">{why}</p>
        </li>
      ))}
    </ol>
  );
}
