import type { RunView } from "../../../migration/index.ts";
import { BarTable, reasonBars } from "./bar-table.tsx";
import { Card } from "./card.tsx";
import { formatCount, formatNumber, formatSeconds } from "../words/format.ts";

/** What a rehearsal found, and the way to the real run. */
export function RehearsalCards({ run, mayTouch }: { run: RunView; mayTouch: boolean }) {
  const { plan } = run;
  const tried = plan?.wouldTry ?? run.total;
  const left = Object.entries(plan?.leftAlone ?? {});
  return (
    <div className="columns">
      <Card id="plan" title="What would happen" kind="next">
        <p className="lead">
          {formatCount(tried, "store")} would be tried. Nothing was changed, and Shopify was not asked.
        </p>
        {tried > 0 && run.etaSeconds !== null && (
          <p>
            About {formatSeconds(run.etaSeconds)} at {formatNumber(run.ratePerSecond)} a second (
            {plan?.rateFrom === "last run" ? "as the last run went" : "an assumption: no run has shown it yet"}).
          </p>
        )}
        {mayTouch && tried > 0 && (
          <p>
            <a className="button primary" href={`/admin/runs/${run.id}/start`}>
              Review and start …
            </a>{" "}
            <a className="button" href={`/admin/runs/new?from=${run.id}`}>
              Change the options
            </a>
          </p>
        )}
      </Card>
      {plan?.waves && (
        <Card id="waves" title="Waves">
          <BarTable
            caption="Stores per wave"
            unit="Stores"
            bars={plan.waves.map(({ percent, shops }) => ({ label: `Up to ${percent}%`, count: shops }))}
          />
        </Card>
      )}
      <Card
        id="left-alone"
        title="Not expected to be migrated"
        empty={left.length === 0 && "Nothing: no row is known to be refused."}
      >
        <BarTable caption="Rows that are not expected to be migrated, by reason" unit="Rows" bars={reasonBars(left)} />
      </Card>
    </div>
  );
}
