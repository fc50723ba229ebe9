import type { RunView } from "../../../migration/index.ts";
import { Badge } from "./badge.tsx";
import { formatMoment } from "../words/format.ts";
import { ProgressBar } from "./progress-bar.tsx";
import { runWords, statusTone, statusWords } from "../words/run-words.ts";

/** A run in three lines, for pages that are about something else. */
export function RunSummary({ run }: { run: RunView }) {
  return (
    <>
      <p>
        <Badge tone={statusTone(run)}>{statusWords(run)}</Badge>{" "}
        <span className="hint">begun {formatMoment(Date.parse(run.startedAt))}</span>
      </p>
      {!run.dryRun && <ProgressBar run={run} />}
      <p>{runWords(run)}</p>
      <p>
        <a href={`/admin/runs/${run.id}`}>{run.dryRun ? "See the rehearsal" : "See the run"}</a>
      </p>
    </>
  );
}
