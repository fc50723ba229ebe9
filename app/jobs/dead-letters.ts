import type { PgBoss } from "pg-boss";
import { z } from "zod";
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

const MOST_COUNTED = 1_000;

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

/** How many dead letters wait for an operator, counted up to `MOST_COUNTED`. (pg-boss's own statistics lag by a minute.) */
export async function countDeadLetters(boss: PgBoss): Promise<number> {
  return (await boss.findJobs(DEAD_LETTERS, { queued: true, limit: MOST_COUNTED })).length;
}
