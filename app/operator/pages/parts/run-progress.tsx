import type { RunView } from "../../../migration/index.ts";
import { BarTable, reasonBars } from "./bar-table.tsx";
import { Badge } from "./badge.tsx";
import { Card, Fact } from "./card.tsx";
import { formatMoment, formatNumber, formatSeconds } from "../words/format.ts";
import { ProgressBar } from "./progress-bar.tsx";
import { runWords, statusTone, statusWords } from "../words/run-words.ts";

/** The part of a run's page that changes while the run goes on: sent anew by each server-sent event, so it holds no control. */
export function RunProgress({ run }: { run: RunView }) {
  const codes = Object.entries(run.failuresByCode);
  const isRunning = run.status === "running";
  return (
    <>
      <Card id="progress" title="Progress" badge={<Badge tone={statusTone(run)}>{statusWords(run)}</Badge>}>
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
      </Card>
      <Card
        id="reasons"
        title="Not migrated, by reason"
        empty={
          codes.length === 0 &&
          (isRunning ? "Nothing so far." : "Nothing: every store that was tried has an expiring token.")
        }
      >
        <BarTable caption="Stores that were not migrated, by reason" unit="Stores" bars={reasonBars(codes)} />
      </Card>
    </>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith(".") ? "" : ".");
}
