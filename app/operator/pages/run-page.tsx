import type { RunView } from "../../migration/index.ts";
import type { ConsoleSession } from "../console/door/console-session.ts";
import { outcomeWords } from "./words/reason-words.ts";
import type { RunOptions } from "../console/facts/read-run-options.server.ts";
import { ConsolePage } from "./document/console-page.tsx";
import { Card } from "./parts/card.tsx";
import { DataTable, Reason, ShopLink } from "./parts/data-table.tsx";
import { formatMoment, formatNumber } from "./words/format.ts";
import { RehearsalCards } from "./parts/rehearsal-cards.tsx";
import { RunOptionsList } from "./parts/run-options-list.tsx";
import { RunProgress } from "./parts/run-progress.tsx";

interface RunPageProps {
  run: RunView;
  options: RunOptions;
  visitor: ConsoleSession;
}

/** `/admin/runs/<id>`: a run at work, live; one that has ended; or a rehearsal with its plan. */
export function RunPage({ run, options, visitor }: RunPageProps) {
  const mayTouch = visitor.role === "operator";
  const isRunning = run.status === "running";
  const waits = options.waves !== undefined && options.pauseBetween !== undefined;
  return (
    <ConsolePage
      title={run.dryRun ? "Rehearsal" : "Run"}
      section="Runs"
      isBelow
      visitor={visitor}
      refreshSeconds={isRunning ? 5 : undefined}
    >
      <h1>
        {run.dryRun ? "Rehearsal" : "Run"} of {formatMoment(Date.parse(run.startedAt))}
      </h1>
      {run.dryRun ? (
        <RehearsalCards run={run} mayTouch={mayTouch} />
      ) : (
        <>
          {isRunning && <p className="live-state" data-live-state="" role="status"></p>}
          <div className="columns" data-live={isRunning ? `/admin/runs/${run.id}` : undefined}>
            <RunProgress run={run} />
          </div>
        </>
      )}
      {isRunning && mayTouch && (
        <p className="actions">
          {waits && (
            <a className="button primary" href={`/admin/runs/${run.id}/continue`}>
              Begin the next wave …
            </a>
          )}
          <a className="button" href={`/admin/runs/${run.id}/stop`}>
            Stop the run …
          </a>
        </p>
      )}
      {run.failures.length > 0 && <Failures run={run} />}
      <Card id="options" title="Options">
        <RunOptionsList options={options} />
        <p className="hint">
          Run <code>{run.id}</code>
        </p>
      </Card>
    </ConsolePage>
  );
}

function Failures({ run }: { run: RunView }) {
  const count = Object.values(run.failuresByCode).reduce((sum, shops) => sum + shops, 0);
  return (
    <Card id="failures" title="Stores that were not migrated">
      <DataTable
        label="List of stores that were not migrated"
        columns={["Store", "Outcome", "Why", "Tries"]}
        endsInNumbers
      >
        {run.failures.map(({ shop, outcome, code, attempts }) => (
          <tr key={shop}>
            <th scope="row">
              <ShopLink shop={shop} />
            </th>
            <td>{outcomeWords(outcome)}</td>
            <td>
              <Reason code={code} />
            </td>
            <td className="number">{attempts}</td>
          </tr>
        ))}
      </DataTable>
      {count > run.failures.length && (
        <p className="hint">
          The first {run.failures.length} of {formatNumber(count)}.
        </p>
      )}
      <p>
        <a href={`/admin/shops?outcome=failed&run=${run.id}`}>Browse by outcome</a> or{" "}
        <a href={`/admin/shops/export?outcome=failed&run=${run.id}`}>download as CSV</a>
      </p>
    </Card>
  );
}
