import type { ConsoleSession } from "../console/door/console-session.ts";
import type { RunFormValues } from "../console/facts/run-form.ts";
import { ConsolePage } from "./document/console-page.tsx";
import { Field } from "./parts/field.tsx";

interface RehearsePageProps {
  values: RunFormValues;
  /** What cannot be used, by field. */
  problems: Partial<Record<keyof RunFormValues, string>>;
  visitor: ConsoleSession;
}

/** `/admin/runs/new`: a run's options. It leads to a rehearsal, and only from there to the run itself. */
export function RehearsePage({ values, problems, visitor }: RehearsePageProps) {
  const field = (name: keyof RunFormValues) => ({ name, value: values[name], problem: problems[name] });
  return (
    <ConsolePage title="Rehearse a migration" section="Runs" isBelow visitor={visitor}>
      <h1>Rehearse a migration</h1>
      <p className="lead">
        A rehearsal counts and estimates. It does not call Shopify and changes nothing; the real run is started from its
        result.
      </p>
      <form method="post" className="card stack">
        <input type="hidden" name="csrf" value={visitor.csrf} />
        <Field
          {...field("shops")}
          label="Only these stores"
          hint="One domain a line; empty for all with a permanent token."
          rows={3}
        />
        <Field
          {...field("limit")}
          label="Stores at most"
          hint="Empty for no limit. Begin with a few, such as 50."
          inputMode="numeric"
        />
        <Field
          {...field("waves")}
          label="Waves"
          hint="Rising shares of all stores, each judged before the next: 1%,10%,100%. Empty for one wave. Not with named stores."
        />
        <Field
          {...field("pauseBetween")}
          label="Between waves"
          hint="Seconds to wait, or confirm to wait for your word. Empty to go on at once."
        />
        <Field
          {...field("concurrency")}
          label="Calls at once, per instance"
          hint="Shopify’s limits are kept whatever stands here."
          inputMode="numeric"
        />
        <Field
          {...field("failureThreshold")}
          label="Halt above this percentage of final failures"
          hint="Of the last 200 stores."
          inputMode="decimal"
        />
        <Field
          {...field("verify")}
          label="Prove new tokens with one Admin call"
          hint="auto proves the first wave, then one in fifty."
          choices={["auto", "all", "sample", "none"]}
        />
        <p className="actions">
          <button type="submit" className="button primary">
            Rehearse
          </button>
          <a className="button" href="/admin/runs">
            Cancel
          </a>
        </p>
      </form>
    </ConsolePage>
  );
}
