import { systemClock } from "../../../../infra/clock.ts";
import type { JobsHealth } from "../../../../jobs/queue/job-types.ts";
import type { RunView } from "../../../../migration/index.ts";
import { services } from "../../../../services.server.ts";
import { isExemptDistribution } from "../../../../tokens/index.ts";
import { isRolloutComplete, readTokenHealthReport } from "../../../health/read-token-health.server.ts";
import type { TokenHealthReport } from "../../../health/token-health-report.ts";
import { burnDown, type BurnDown } from "./burn-down.ts";
import { readEndingChains, type EndingChain } from "./read-ending-chains.server.ts";
import { readMigratedByDay } from "./read-migrated-by-day.server.ts";
import { rolloutPath, type PathStep } from "./rollout-path.ts";

/** Everything that the first page of the console says. */
export interface Overview {
  report: TokenHealthReport;
  path: PathStep[];
  burnDown: BurnDown;
  /** The run at work, else the latest one. */
  run: RunView | undefined;
  /** Undefined while the queue cannot be asked. */
  jobs: JobsHealth | undefined;
  ending: EndingChain[];
}

/** Reads it side by side: counts that are large may be a little old, everything else is a page of an index. */
export async function readOverview(): Promise<Overview> {
  const { db, sessionLayout, env, migrations, jobs, log } = services;
  const now = systemClock();
  const [report, migrated, [run], health, ending] = await Promise.all([
    readTokenHealthReport(),
    readMigratedByDay(db),
    migrations.list(1),
    jobs.health().catch((error: unknown) => void log.warn({ err: error }, "the queue cannot be asked")),
    readEndingChains(db, sessionLayout, now),
  ]);
  const path = rolloutPath({
    report,
    rolloutComplete: isRolloutComplete(),
    rolloutPercent: env.TOKEN_EXCHANGE_ROLLOUT.percent,
    isRunning: run?.status === "running",
    isExempt: isExemptDistribution(env.APP_DISTRIBUTION),
  });
  return {
    report,
    path,
    burnDown: burnDown({ left: report.migratableTokens, migrated, now }),
    run,
    jobs: health ?? undefined,
    ending,
  };
}
