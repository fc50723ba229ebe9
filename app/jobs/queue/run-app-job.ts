import type { JobResult, JobWithMetadata } from "pg-boss";
import type { AppJobContext, AppJobName } from "./job-types.ts";
import { judgeJobError } from "./judge-job-error.ts";
import { releaseParked } from "../parked/release-parked.ts";
import { failed, type RunDependencies, jobResult } from "./run-shop-job.ts";

/** Runs a job for the app as a whole and says how it ended. Never throws. */
export async function runAppJob(
  deps: RunDependencies,
  name: AppJobName,
  handler: (context: AppJobContext) => Promise<void>,
  job: JobWithMetadata<unknown>,
): Promise<JobResult> {
  try {
    await handler({
      tokens: deps.tokens,
      enqueueAll: deps.queue.addAll,
      releaseParked: () => releaseParked(deps, "due"),
      watch: deps.watch,
      db: deps.db,
      clock: deps.clock,
      log: deps.log.child({ job: name }),
      signal: job.signal,
    });
    return jobResult(deps, name, job, "completed", "done");
  } catch (error) {
    return failed(deps, name, job, judgeJobError(error), error);
  }
}
