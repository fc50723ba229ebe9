import type { RunView } from "../../migration/index.ts";
import type { ConsoleSession } from "../console/door/console-session.ts";
import { Badge } from "./parts/badge.tsx";
import { ConsolePage } from "./document/console-page.tsx";
import { DataTable } from "./parts/data-table.tsx";
import { formatMoment } from "./words/format.ts";
import { runWords, statusTone, statusWords } from "./words/run-words.ts";

/** `/admin/runs`: the latest runs, the newest first. */
export function RunsPage({ runs, visitor }: { runs: RunView[]; visitor: ConsoleSession }) {
  return (
    <ConsolePage title="Runs" section="Runs" visitor={visitor}>
      <h1>Runs</h1>
      {visitor.role === "operator" && (
        <p className="actions">
          <a className="button primary" href="/admin/runs/new">
            Rehearse a migration
          </a>
        </p>
      )}
      <section className="card" aria-label="The latest runs">
        {runs.length === 0 ? (
          <p className="empty">No run yet. Nothing is exchanged until an operator starts one.</p>
        ) : (
          <DataTable label="Runs" columns={["Begun", "State", "What came of it"]}>
            {runs.map((run) => (
              <tr key={run.id}>
                <th scope="row">
                  <a href={`/admin/runs/${run.id}`}>{formatMoment(Date.parse(run.startedAt))}</a>
                </th>
                <td>
                  <Badge tone={statusTone(run)}>{statusWords(run)}</Badge>
                </td>
                <td>{runWords(run)}</td>
              </tr>
            ))}
          </DataTable>
        )}
      </section>
    </ConsolePage>
  );
}
