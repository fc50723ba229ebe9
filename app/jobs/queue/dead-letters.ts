import type { PgBoss } from "pg-boss";
import { z } from "zod";
import { jobPayloadSchema } from "./job-payload.ts";
import type { JobQueue } from "./job-queue.ts";
import { APP_JOBS, SHOP_JOBS } from "./job-types.ts";
import { DEAD_LETTERS } from "./open-boss.ts";

/** A job that failed for good, as an operator sees it. */
export interface DeadLetter {
  id: string;
  job: string;
  /** Absent for jobs of the app as a whole. */
  shop: string | undefined;
  diedAt: Date;
  enqueuedAt: Date | undefined;
  attempts: number;
  /** A stable code, and words without secrets. */
  code: string;
  message: string;
}

/** The most that one call counts, or gives another chance. */
const MOST_DEAD_LETTERS = 1_000;

const named = z.object({ shop: z.string() });
const reported = z.object({ code: z.string(), message: z.string() });
/** What pg-boss itself writes when it gives a job up. */
const givenUp = z.object({ value: z.object({ message: z.string() }) });

/** Lists dead letters, the oldest first. */
export async function listDeadLetters(boss: PgBoss, limit: number): Promise<DeadLetter[]> {
  const jobs = await boss.findJobs<unknown>(DEAD_LETTERS, { queued: true, limit });
  return jobs.map((job) => ({
    id: job.id,
    job: job.sourceName ?? "unknown",
    shop: named.safeParse(job.data).data?.shop,
    diedAt: job.createdOn,
    enqueuedAt: job.sourceCreatedOn ?? undefined,
    attempts: (job.sourceRetryCount ?? 0) + 1,
    ...whatWentWrong(job.sourceOutput),
  }));
}

function whatWentWrong(output: object | null): { code: string; message: string } {
  const ours = reported.safeParse(output);
  if (ours.success) return ours.data;
  const theirs = givenUp.safeParse(output);
  return { code: "abandoned", message: theirs.data?.value.message ?? "the process that ran it ended" };
}

/** How many dead letters wait for an operator, counted up to `MOST_DEAD_LETTERS`. (pg-boss's own statistics lag by a minute.) */
export async function countDeadLetters(boss: PgBoss): Promise<number> {
  return (await boss.findJobs(DEAD_LETTERS, { queued: true, limit: MOST_DEAD_LETTERS })).length;
}

/**
 * Enqueues dead letters anew, with every attempt and postponement before them. (pg-boss's `redrive` keeps the count of postponements, so
 * that the next one would be the last.) First enqueued, then deleted: a process that dies between the two leaves a job that runs twice.
 * What could never run, because it names no shop or no job of ours, stays.
 * @returns how many dead letters were given another chance.
 */
export async function retryDeadLetters(boss: PgBoss, queue: JobQueue): Promise<number> {
  const letters = await boss.findJobs<unknown>(DEAD_LETTERS, { queued: true, limit: MOST_DEAD_LETTERS });
  const retried: string[] = [];
  for (const name of SHOP_JOBS) {
    const ours = letters.flatMap(({ id, sourceName, data }) => {
      const payload = sourceName === name ? jobPayloadSchema.safeParse(data).data : undefined;
      return payload ? [{ id, shop: payload.shop, afterSeconds: 0 }] : [];
    });
    await queue.addAll(name, ours);
    retried.push(...ours.map(({ id }) => id));
  }
  for (const name of APP_JOBS) {
    const ours = letters.filter(({ sourceName }) => sourceName === name);
    if (ours.length > 0) await boss.send(name, null);
    retried.push(...ours.map(({ id }) => id));
  }
  if (retried.length > 0) await boss.deleteJob(DEAD_LETTERS, retried);
  return retried.length;
}
