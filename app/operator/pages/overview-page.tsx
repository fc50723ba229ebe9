import { NOTHING_TO_DO } from "../health/token-health-report.ts";
import type { ConsoleSession } from "../console/door/console-session.ts";
import { reasonWords } from "./words/reason-words.ts";
import type { Overview } from "../console/facts/rollout/read-overview.server.ts";
import { BarTable, type Bar } from "./parts/bar-table.tsx";
import { BurnDownChart, forecastWords } from "./parts/burn-down-chart.tsx";
import { ConsolePage } from "./document/console-page.tsx";
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
      <section className={`card next ${report.verdict}`} aria-labelledby="next">
        <h2 id="next">
          {path.some(({ state }) => state === "next") || report.verdict !== "clean" ? "Next safe step" : "Next"}
        </h2>
        <p>
          {run?.status === "running"
            ? "Let the run finish. It may be stopped and started again at any time."
            : report.nextStep}
        </p>
        <NextAction overview={overview} mayTouch={visitor.role === "operator"} />
      </section>
      <RolloutPath steps={path} />
      <div className="columns">
        <section className="card wide" aria-labelledby="burn-down">
          <h2 id="burn-down">Permanent tokens left to migrate</h2>
          <BurnDownChart burnDown={burnDown} />
        </section>
        <section className="card" aria-labelledby="states">
          <h2 id="states">Tokens by state</h2>
          <BarTable caption="Tokens by state" unit="Tokens" bars={stateBars(overview)} />
        </section>
        <section className="card" aria-labelledby="unserved">
          <h2 id="unserved">What Shopify would not serve</h2>
          {unserved.length === 0 ? (
            <p className="empty">Nothing: Shopify has refused no permanent token.</p>
          ) : (
            <BarTable
              caption="Permanent tokens that Shopify would not exchange, by reason"
              unit="Tokens"
              bars={unserved
                .toSorted((a, b) => b[1] - a[1])
                .map(([code, count]) => ({
                  label: code,
                  count,
                  words: reasonWords(code),
                  href: "/admin/shops?state=unserved",
                }))}
            />
          )}
        </section>
        <section className="card" aria-labelledby="latest">
          <h2 id="latest">{run?.status === "running" ? "The run at work" : "The latest run"}</h2>
          {run ? (
            <RunSummary run={run} />
          ) : (
            <p className="empty">No run yet. Nothing is exchanged until you start one.</p>
          )}
        </section>
        <section className="card" aria-labelledby="ending">
          <h2 id="ending">Chains that end within 14 days</h2>
          {ending.length === 0 ? (
            <p className="empty">None. The app refreshes each one long before.</p>
          ) : (
            <>
              <p>
                {formatCount(report.refreshTokensExpiringIn14Days, "store")} would need{" "}
                {report.refreshTokensExpiringIn14Days === 1 ? "its" : "their"} merchant again. The first:
              </p>
              <ul className="plain-list">
                {ending.map(({ shop, endsAt }) => (
                  <li key={shop}>
                    <a href={`/admin/shops/${encodeURIComponent(shop)}`}>{shop}</a>
                    <span className="hint"> {formatDay(endsAt)}</span>
                  </li>
                ))}
              </ul>
              <p>
                <a href="/admin/shops?state=expiring">All, the most urgent first</a>
              </p>
            </>
          )}
        </section>
        {report.clientSecret && (
          <section className="card" aria-labelledby="client-secret">
            <h2 id="client-secret">Client secret</h2>
            <RotationSummary rotation={report.clientSecret} />
          </section>
        )}
        <section className="card" aria-labelledby="jobs">
          <h2 id="jobs">Background work</h2>
          <JobsSummary jobs={jobs} />
        </section>
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
  return [
    {
      label: "Expiring",
      count: report.expiringTokens,
      href: "/admin/shops?state=expiring",
      tone: "good",
      words: "Refreshed by the app",
    },
    {
      label: "Permanent, to migrate",
      count: report.migratableTokens,
      href: "/admin/shops?state=permanent",
      tone: "attention",
      words: "A run would try them",
    },
    {
      label: "Permanent, not served",
      count: unserved,
      href: "/admin/shops?state=unserved",
      words: "Shopify would not exchange them",
    },
    {
      label: "Needs its merchant",
      count: report.needsReauth,
      href: "/admin/shops?state=needs_reauthorization",
      tone: "bad",
      words: "Heals at the merchant’s next visit",
    },
    {
      label: "Paused by Shopify",
      count: report.suspended,
      href: "/admin/shops?state=paused",
      words: "Frozen, locked or closed for now",
    },
  ];
}

function JobsSummary({ jobs }: { jobs: Overview["jobs"] }) {
  if (!jobs) return <p className="empty">The queue cannot be asked just now.</p>;
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
