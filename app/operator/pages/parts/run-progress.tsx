import type { RunView } from "../../../migration/index.ts";
import { reasonWords } from "../words/reason-words.ts";
import { BarTable } from "./bar-table.tsx";
import { Badge } from "./badge.tsx";
import { formatMoment, formatNumber, formatSeconds } from "../words/format.ts";
import { ProgressBar } from "./progress-bar.tsx";
import { runWords, statusTone, statusWords } from "../words/run-words.ts";

/** The part of a run's page that changes while the run goes on: sent anew by each server-sent event, so it holds no control. */
export function RunProgress({ run }: { run: RunView }) {
  const codes = Object.entries(run.failuresByCode);
  const isRunning = run.status === "running";
  return (
    <>
      <section className="card" aria-labelledby="progress">
        <h2 id="progress" className="with-badge">
          Progress <Badge tone={statusTone(run)}>{statusWords(run)}</Badge>
        </h2>
        <p className="lead">{runWords(run)}</p>
        <ProgressBar run={run} />
        {run.haltReason && (
          <p className="notice bad">
            <strong>{run.status === "halted" ? "Why it halted: " : "Why it ended: "}</strong>
            {run.haltReason}
          </p>
        )}
        {run.notice && <p className="notice attention">{sentence(run.notice)}</p>}
        <dl className="facts">
          {run.wave && (
            <Fact label="Wave">
              {run.wave.number} of {run.wave.of}, up to {run.wave.percent}% of the stores
            </Fact>
          )}
          <Fact label="Rate">
            {formatNumber(run.ratePerSecond)} a second
            {run.allowedRate !== null && `, ${formatNumber(run.allowedRate)} allowed`}
          </Fact>
          {isRunning && (
            <Fact label="Time left">{run.etaSeconds === null ? "Not known yet" : formatSeconds(run.etaSeconds)}</Fact>
          )}
          {isRunning && <Fact label="Instances at work">{run.workers}</Fact>}
          <Fact label="Begun">{formatMoment(Date.parse(run.startedAt))}</Fact>
          {run.finishedAt && <Fact label="Ended">{formatMoment(Date.parse(run.finishedAt))}</Fact>}
          {run.migratableTokens !== null && (
            <Fact label="Left to migrate">
              {formatNumber(run.migratableTokens)}, counted in the database at the end
            </Fact>
          )}
        </dl>
      </section>
      <section className="card" aria-labelledby="reasons">
        <h2 id="reasons">Not migrated, by reason</h2>
        {codes.length === 0 ? (
          <p className="empty">
            {isRunning ? "Nothing so far." : "Nothing: every store that was tried has an expiring token."}
          </p>
        ) : (
          <BarTable
            caption="Stores that were not migrated, by reason"
            unit="Stores"
            bars={codes.map(([code, count]) => ({ label: code, count, words: reasonWords(code) }))}
          />
        )}
      </section>
    </>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith(".") ? "" : ".");
}
