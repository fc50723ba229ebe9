import type { Clock } from "../infra/clock.ts";
import type { Database } from "../infra/database/database.ts";
import type { SessionLayout } from "../infra/database/session-layout.ts";
import type { Phase } from "../infra/flags/phase.ts";
import { countTokensSinceContract } from "../migration/index.ts";
import { isExemptDistribution, lookAtRemainingTokens, type AppDistribution, type Tokens } from "../tokens/index.ts";
import { countEndingChains, type EndingChains } from "./ending-chains.ts";
import { readJobTimes, type JobFacts } from "./job-facts.ts";
import { readRunProgress, type RunProgress } from "./run-progress.ts";

/** What is known about the tokens of all shops and about the work that keeps them alive; no shop by name, no token. */
export interface WatchFacts {
  /** Milliseconds since the epoch. */
  now: number;
  phase: Phase;
  /** What a token is, not how it begins: `permanent` cannot be refreshed, `expiring` can. */
  tokens: { permanent: number; expiring: number };
  /** Permanent tokens that a run would still try. */
  migratable: number;
  /** Permanent tokens that Shopify would not exchange, by the reason's code. */
  unserved: Record<string, number>;
  /** Permanent tokens that were stored after contract was reached; 0 in other phases. */
  sinceContract: number;
  needsReauth: number;
  suspended: number;
  chains: EndingChains;
  run: RunProgress;
  jobs: JobFacts;
  /** Why the database would not keep a new token. */
  storageProblem: string | undefined;
}

export interface WatchSource {
  db: Database;
  /** Whose columns the table of sessions has; the Prisma storage's unless told. */
  layout?: SessionLayout;
  tokens: Pick<Tokens, "health" | "storageProblem">;
  phase: Phase;
  distribution: AppDistribution;
  clock: Clock;
}

/**
 * Reads everything that is watched. Cheap at any size: counts that are large may be a little old (app/tokens/records/kept-count.ts).
 * @throws when the database cannot be asked.
 */
export async function readWatchFacts(source: WatchSource): Promise<WatchFacts> {
  const { db, tokens, phase, clock } = source;
  const now = clock();
  const isExempt = isExemptDistribution(source.distribution);
  const [health, remaining, sinceContract, chains, run, jobs, problem] = await Promise.all([
    tokens.health(),
    isExempt ? {} : lookAtRemainingTokens({ db }),
    isExempt || phase !== "contract" ? 0 : countTokensSinceContract(db),
    countEndingChains(db, now, source.layout),
    readRunProgress(db),
    readJobTimes(db),
    tokens.storageProblem({ recent: true }),
  ]);
  const { migratable = 0, ...unserved }: Record<string, number> = remaining;
  return {
    now,
    phase,
    tokens: { permanent: health.permanentTokens, expiring: health.expiringTokens },
    migratable,
    unserved,
    sinceContract,
    needsReauth: health.needsReauth,
    suspended: health.suspended,
    chains,
    run,
    jobs,
    // One shop's row is no reason to wake anybody: doctor and the run's failures name it.
    storageProblem: problem?.shop === undefined ? problem?.what : undefined,
  };
}
