import { NOTHING_TO_DO } from "../health/token-health-report.ts";
import type { ConsoleSession } from "../console/door/console-session.ts";
import type { Overview } from "../console/facts/rollout/read-overview.server.ts";
import { BarTable, reasonBars, type Bar } from "./parts/bar-table.tsx";
import { BurnDownChart, forecastWords } from "./parts/burn-down-chart.tsx";
import { Card } from "./parts/card.tsx";
import { ConsolePage } from "./document/console-page.tsx";
import { ShopLink } from "./parts/data-table.tsx";
import { formatCount, formatDay, formatNumber } from "./words/format.ts";
import { RolloutPath } from "./parts/rollout-path.tsx";
import { RotationSummary } from "./parts/rotation-summary.tsx";
import { RunSummary } from "./parts/run-summary.tsx";

/** `/admin`: where the rollout stands, and what to do next. */
export function OverviewPage({ overview, visitor }: { overview: Overview; visitor: ConsoleSession }) {
  const { report, path, burnDown, run, jobs, ending } = overview;
  const unserved = Object.entries(report.unservedTokens);
  return (
    <ConsolePage title="Rollout" section="Rollout" visitor={visitor}>
      <h1>{headline(overview)}</h1>
      <p className="lead">{forecastWords(burnDown)}</p>
      <Card
        id="next"
        title={path.some(({ state }) => state === "next") || report.verdict !== "clean" ? "Next safe step" : "Next"}
        kind={`next ${report.verdict}`}
      >
        <p>
          {run?.status === "running"
            ? "Let the run finish. It may be stopped and started again at any time."
            : report.nextStep}
        </p>
        <NextAction overview={overview} mayTouch={visitor.role === "operator"} />
      </Card>
      <RolloutPath steps={path} />
      <div className="columns">
        <Card id="burn-down" title="Permanent tokens left to migrate" kind="wide">
          <BurnDownChart burnDown={burnDown} />
        </Card>
        <Card id="states" title="Tokens by state">
          <BarTable caption="Tokens by state" unit="Tokens" bars={stateBars(overview)} />
        </Card>
        <Card
          id="unserved"
          title="What Shopify would not serve"
          empty={unserved.length === 0 && "Nothing: Shopify has refused no permanent token."}
        >
          <BarTable
            caption="Permanent tokens that Shopify would not exchange, by reason"
            unit="Tokens"
            bars={reasonBars(
              unserved.toSorted((a, b) => b[1] - a[1]),
              "/admin/shops?state=unserved",
            )}
          />
        </Card>
        <Card
          id="latest"
          title={run?.status === "running" ? "The run at work" : "The latest run"}
          empty={!run && "No run yet. Nothing is exchanged until you start one."}
        >
          {run && <RunSummary run={run} />}
        </Card>
        <Card
          id="ending"
          title="Chains that end within 14 days"
          empty={ending.length === 0 && "None. The app refreshes each one long before."}
        >
          <p>
            {formatCount(report.refreshTokensExpiringIn14Days, "store")} would need{" "}
            {report.refreshTokensExpiringIn14Days === 1 ? "its" : "their"} merchant again. The first:
          </p>
          <ul className="plain-list">
            {ending.map(({ shop, endsAt }) => (
              <li key={shop}>
                <ShopLink shop={shop} />
                <span className="hint"> {formatDay(endsAt)}</span>
              </li>
            ))}
          </ul>
          <p>
            <a href="/admin/shops?state=expiring">All, the most urgent first</a>
          </p>
        </Card>
        {report.clientSecret && (
          <Card id="client-secret" title="Client secret">
            <RotationSummary rotation={report.clientSecret} />
          </Card>
        )}
        <Card id="jobs" title="Background work" empty={!jobs && "The queue cannot be asked just now."}>
          {jobs && <JobsSummary jobs={jobs} />}
        </Card>
      </div>
    </ConsolePage>
  );
}

/** The state of the rollout in one sentence. */
function headline({ report, run }: Overview): string {
  const left = formatCount(report.migratableTokens, "permanent token");
  if (report.storageProblem) return "The database would not keep a new token";
  if (report.verdict === "regression") return "A permanent token was stored after contract";
  if (run?.status === "running") return `A migration is at work: ${left} left`;
  if (report.migratableTokens > 0) return `${left} left to migrate`;
  if (report.phase !== "contract") return "Every token that can be migrated is migrated";
  return report.nextStep === NOTHING_TO_DO ? "The rollout is complete" : "Every token is migrated; one step is left";
}

function NextAction({ overview: { report, run, path }, mayTouch }: { overview: Overview; mayTouch: boolean }) {
  if (run?.status === "running") {
    return (
      <a className="button primary" href={`/admin/runs/${run.id}`}>
        Watch the run
      </a>
    );
  }
  const mayMigrate = path.some(({ name, state }) => name === "migrate" && state === "next") && !report.storageProblem;
  if (!mayMigrate) return null;
  return mayTouch ? (
    <a className="button primary" href="/admin/runs/new">
      Rehearse the migration
    </a>
  ) : (
    <p className="hint">You may look, not touch: an operator rehearses and starts it.</p>
  );
}

function stateBars({ report }: Overview): Bar[] {
  const unserved = Object.values(report.unservedTokens).reduce((sum, count) => sum + count, 0);
  const bar = (label: string, count: number, state: string, words: string, tone?: Bar["tone"]): Bar => ({
    label,
    count,
    href: `/admin/shops?state=${state}`,
    words,
    tone,
  });
  return [
    bar("Expiring", report.expiringTokens, "expiring", "Refreshed by the app", "good"),
    bar("Permanent, to migrate", report.migratableTokens, "permanent", "A run would try them", "attention"),
    bar("Permanent, not served", unserved, "unserved", "Shopify would not exchange them"),
    bar("Needs its merchant", report.needsReauth, "needs_reauthorization", "Heals at the merchant’s next visit", "bad"),
    bar("Paused by Shopify", report.suspended, "paused", "Frozen, locked or closed for now"),
  ];
}

function JobsSummary({ jobs }: { jobs: NonNullable<Overview["jobs"]> }) {
  const parked = jobs.parked.needs_reauthorization + jobs.parked.suspended;
  return (
    <>
      <p>
        {jobs.deadLetters === 0 ? "Nothing failed for good" : `${formatNumber(jobs.deadLetters)} failed for good`}
        {parked === 0 ? ", nothing is parked." : `; ${formatCount(parked, "job waits", "jobs wait")} for the store.`}
      </p>
      <p>
        <a href="/admin/jobs">{jobs.deadLetters === 0 ? "Look at it" : "See why, and try again"}</a>
      </p>
    </>
  );
}
