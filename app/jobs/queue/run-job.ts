import type { JobResult, JobWithMetadata } from "pg-boss";
import type { Clock } from "../../infra/clock.ts";
import type { Database } from "../../infra/database/database.ts";
import type { Logger } from "../../infra/log/log.server.ts";
import type { Metrics } from "../../infra/metrics.server.ts";
import { createSecretScrubber } from "../../infra/log/secret-scrubber.ts";
import { type JobTimes, MOST_POSTPONEMENTS, transientDelayMs } from "./job-times.ts";
import { type JobPayload, parseJobPayload } from "./job-payload.ts";
import type { JobQueue } from "./job-queue.ts";
import type { AppJobContext, AppJobName, JobName, JobTokens, ShopJobContext, ShopJobName } from "./job-types.ts";
import { judgeJobError, type JobVerdict } from "./judge-job-error.ts";
import { parkJob, readGeneration } from "../parked/park-job.ts";
import { releaseParked } from "../parked/release-parked.ts";

export interface RunDependencies {
  db: Database;
  tokens: JobTokens;
  queue: JobQueue;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  times: JobTimes;
}

/** A job in hand. */
interface Run<Name extends JobName> {
  deps: RunDependencies;
  name: Name;
  job: JobWithMetadata<unknown>;
}

/** Runs one shop's job and says how it ended. Never throws: whatever happens becomes a result that pg-boss records. */
export async function runShopJob(
  run: Run<ShopJobName>,
  handler: (context: ShopJobContext) => Promise<void>,
): Promise<JobResult> {
  const { deps, name, job } = run;
  let payload: JobPayload | undefined;
  let generation = 0;
  try {
    payload = parseJobPayload(job.data);
    const { shop } = payload;
    // Read first: a pair stored from here on is newer than what the handler saw, and releases the job again.
    generation = await readGeneration(deps.db, shop);
    await handler({
      shop,
      admin: deps.tokens.admin(shop, { background: true }),
      refreshToken: () => deps.tokens.refresh(shop),
      migrate: () => deps.tokens.migrate(shop),
      reconcile: () => deps.tokens.reconcile(shop),
      tokenState: () => deps.tokens.state(shop),
      db: deps.db,
      clock: deps.clock,
      log: deps.log.child({ job: name, shop }),
      signal: job.signal,
    });
    return jobResult(run, "completed", "done");
  } catch (error) {
    const verdict = judgeJobError(error);
    try {
      if (payload && verdict.verdict === "park") return await park(run, payload, generation, verdict);
      if (payload && verdict.verdict === "postpone") return await postpone(run, payload, verdict);
    } catch (cause) {
      return failed(run, judgeJobError(cause), cause);
    }
    return failed(run, verdict, error);
  }
}

/** Runs a job for the app as a whole and says how it ended. Never throws. */
export async function runAppJob(
  run: Run<AppJobName>,
  handler: (context: AppJobContext) => Promise<void>,
): Promise<JobResult> {
  const { deps, name, job } = run;
  try {
    await handler({
      tokens: deps.tokens,
      enqueueAll: deps.queue.addAll,
      db: deps.db,
      clock: deps.clock,
      log: deps.log.child({ job: name }),
      signal: job.signal,
    });
    return jobResult(run, "completed", "done");
  } catch (error) {
    return failed(run, judgeJobError(error), error);
  }
}

async function park(
  run: Run<ShopJobName>,
  { shop }: JobPayload,
  generation: number,
  { reason, code }: JobVerdict & { verdict: "park" },
): Promise<JobResult> {
  const { deps, name } = run;
  const retryAfterMs = reason === "suspended" ? deps.times.suspendedMs * (0.75 + Math.random() / 2) : undefined;
  await parkJob(deps.db, { shop, job: name, reason, code, generation, retryAfterMs });
  await releaseParked(deps, { newerTokenOf: shop });
  deps.log.info({ job: name, shop, reason, code }, "the job waits for its shop");
  return jobResult(run, "completed", "parked", { parked: reason, code });
}

async function postpone(
  run: Run<ShopJobName>,
  { shop, postponed }: JobPayload,
  { code, retryAfterMs }: JobVerdict & { verdict: "postpone" },
): Promise<JobResult> {
  const { deps, name } = run;
  if (postponed >= MOST_POSTPONEMENTS) {
    deps.log.error({ job: name, shop, code, postponed }, "the job was put off too often: a dead letter");
    return jobResult(run, "deadletter", "dead", { code, message: `put off ${postponed} times` });
  }
  const delayMs = transientDelayMs(postponed, retryAfterMs, deps.times, Math.random());
  // The successor first: if this process dies between the two, the job runs twice, which is harmless, instead of never.
  await deps.queue.postpone(name, { shop, postponed: postponed + 1 }, delayMs / 1000);
  deps.log.info({ job: name, shop, code, delayMs: Math.round(delayMs) }, "the job is put off");
  return jobResult(run, "completed", "postponed", { postponed: postponed + 1, code });
}

/** Fails a job: retried with backoff while retries remain, then a dead letter. */
function failed(run: Run<JobName>, verdict: JobVerdict, error: unknown): JobResult {
  const { deps, name, job } = run;
  const dead = verdict.verdict === "bury" || job.retryCount >= job.retryLimit;
  const message = describe(error);
  const words = dead ? "the job failed for good: a dead letter" : "the job failed and will be tried again";
  deps.log[dead ? "error" : "warn"]({ job: name, jobId: job.id, code: verdict.code, err: error }, words);
  const status = verdict.verdict === "bury" ? "deadletter" : "failed";
  return jobResult(run, status, dead ? "dead" : "failed", { code: verdict.code, message });
}

function jobResult(
  { deps, name, job }: Run<JobName>,
  status: JobResult["status"],
  result: "done" | "parked" | "postponed" | "failed" | "dead",
  output: object = {},
): JobResult {
  deps.metrics.jobs.inc({ job: name, result });
  return { id: job.id, status, output };
}

const scrub = createSecretScrubber();
const LONGEST_MESSAGE = 500;

/** What the queue remembers of an error: its words, without secrets. Never the error itself, which may hold an answer or a request. */
function describe(error: unknown): string {
  return scrub.bounded(error instanceof Error ? error.message : "not an Error", LONGEST_MESSAGE);
}
