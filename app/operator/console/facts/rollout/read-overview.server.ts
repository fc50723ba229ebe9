import { systemClock } from "../../../../infra/clock.ts";
import { services } from "../../../../services.server.ts";
import { isExemptDistribution } from "../../../../tokens/index.ts";
import { isRolloutComplete, readTokenHealthReport } from "../../../health/read-token-health.server.ts";
import { burnDown } from "./burn-down.ts";
import { readEndingChains } from "./read-ending-chains.server.ts";
import { readMigratedByDay } from "./read-migrated-by-day.server.ts";
import { rolloutPath } from "./rollout-path.ts";

/** Everything that the first page of the console says. */
export type Overview = Awaited<ReturnType<typeof readOverview>>;

/** Reads it side by side: counts that are large may be a little old, everything else is a page of an index. */
export async function readOverview() {
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
    /** The run at work, else the latest one; undefined before the first. */
    run,
    /** Undefined while the queue cannot be asked. */
    jobs: health ?? undefined,
    ending,
  };
}
