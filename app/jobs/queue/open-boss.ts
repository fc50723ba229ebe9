import { JOBS_SCHEMA } from "../../schema/own-schema.ts";
import type { PgBoss, Queue } from "pg-boss";
import { isDirect, poolConfig } from "../../infra/database/db-pool.ts";
import type { Logger } from "../../infra/log/log.server.ts";
import type { JobTimes } from "./job-times.ts";
import { APP_JOBS, type AppJobName, SHOP_JOBS } from "./job-types.ts";

export const DEAD_LETTERS = "dead-letters";

const DAY_SECONDS = 24 * 60 * 60;
/** A dead letter may go unseen for a while, so it is kept for the life of a token chain. */
const DEAD_LETTER_DAYS = 90;

/** Connections of the queue's own pool. Its work is short, and waits for its turn. */
const POOL_SIZE = 5;

const MAINTENANCE_SECONDS = 3_600;

/** New queues are maintained one after the other through the hour: five statements for each, which would come all in one minute of it. */
const SPREAD_MAINTENANCE = `
  UPDATE ${JOBS_SCHEMA}.queue q SET maintain_on = now() - n.share * $1::float8 * interval '1 second'
  FROM (SELECT name, (row_number() OVER (ORDER BY name) - 1)::float8 / count(*) OVER () AS share FROM ${JOBS_SCHEMA}.queue) n
  WHERE n.name = q.name AND q.maintain_on IS NULL`;

export type OpenBoss = Awaited<ReturnType<typeof openBoss>>;

/**
 * Opens pg-boss and brings its schema and our queues up to date; every instance may do so at once.
 * @param options.statementTimeoutMs milliseconds that one statement may take; 10,000 unless told.
 * @returns `hearsOfJobs`: whether this process is told when a job is sent, by whichever process; false behind a pooler.
 */
export async function openBoss(options: {
  databaseUrl: string;
  statementTimeoutMs?: number;
  log: Logger;
  times: JobTimes;
}) {
  // With what it brings a sixth of all modules, none of which an answer needs.
  const { PgBoss } = await import("pg-boss");
  let hears = await isDirect(options.databaseUrl);
  const boss = new PgBoss({
    ...poolConfig(options.databaseUrl, {
      max: POOL_SIZE,
      statementTimeoutMs: options.statementTimeoutMs,
      applicationName: "expand-contract jobs",
    }),
    schema: JOBS_SCHEMA,
    // On a connection of its own, which pg-boss watches and renews.
    useListenNotify: hears,
    // Jobs of killed workers are found in these passes; what is done is deleted in those of maintenance, three transactions for each queue.
    superviseIntervalSeconds: options.times.abandonedSeconds,
    monitorIntervalSeconds: options.times.abandonedSeconds,
    maintenanceIntervalSeconds: MAINTENANCE_SECONDS,
    // The schedule counts in minutes; what it sends goes through a queue of pg-boss's own, which it looks into this often.
    cronMonitorIntervalSeconds: 30,
    cronWorkerIntervalSeconds: 15,
    // Flows and changes of its schema that pg-boss makes by itself: this app has none of the first, and the second are rare.
    flowIntervalSeconds: 3_600,
    bamIntervalSeconds: 600,
    // Timing advice about this process's queries, not events: no reason to fill the log.
    monitorVacuum: false,
  });
  boss.on("error", (error) => options.log.error({ err: error }, "the job queue met an error"));
  boss.on("warning", ({ message, data }) => {
    if ((data as { type?: unknown }).type === "listen_notify_unavailable") hears = false;
    options.log.warn({ detail: message }, "the job queue warns");
  });
  await boss.start();
  for (const queue of queues(options.times)) await ensureQueue(boss, queue);
  await boss.getDb().executeSql(SPREAD_MAINTENANCE, [MAINTENANCE_SECONDS]);
  return { boss, hearsOfJobs: () => hears };
}

/** Creates a queue, or brings the options of an existing one up to date (its policy cannot change). */
async function ensureQueue(boss: PgBoss, { name, policy, ...options }: Queue): Promise<void> {
  await boss.createQueue(name, { policy, ...options });
  await boss.updateQueue(name, options);
}

function queues(times: JobTimes): Queue[] {
  const shared = {
    retryLimit: times.failureRetries,
    retryBackoff: true,
    retryDelay: times.failureFirstSeconds,
    retryDelayMax: 30 * 60,
    expireInSeconds: 5 * 60,
    // A killed process's jobs are given to another after this.
    heartbeatSeconds: 30,
    deadLetter: DEAD_LETTERS,
    deleteAfterSeconds: DAY_SECONDS,
    notify: true,
  };
  return [
    {
      name: DEAD_LETTERS,
      policy: "standard",
      retentionSeconds: DEAD_LETTER_DAYS * DAY_SECONDS,
      deleteAfterSeconds: DAY_SECONDS,
    },
    // `short`: of the jobs that wait, one per shop; a job that runs does not swallow what is enqueued meanwhile. (`exclusive` would
    // swallow it, and `stately` makes a dead letter of a job whose retry meets another one waiting.)
    ...SHOP_JOBS.map((name): Queue => ({ ...shared, name, policy: "short" })),
    ...APP_JOBS.map((name): Queue => ({ ...shared, name, policy: "exclusive", retryLimit: 1 })),
  ];
}

/** When the app's own jobs run (UTC). pg-boss lets one instance send each occurrence, however many run. */
const SCHEDULE: Record<AppJobName, { cron: string; missed: "once" | "skip" }> = {
  // At an odd minute, so that not every app on Shopify calls on the hour.
  "plan-keep-alive": { cron: "23 * * * *", missed: "once" },
  // Shopify keeps a replaced permanent token usable for 7 days, a refresh token for 30: minutes are early enough.
  "reconcile-shops": { cron: "*/10 * * * *", missed: "once" },
  "prune-history": { cron: "41 3 * * *", missed: "once" },
  "retry-unserved": { cron: "37 * * * *", missed: "skip" },
  "watch-tokens": { cron: "*/5 * * * *", missed: "skip" },
  "seal-tokens": { cron: "*/5 * * * *", missed: "skip" },
  "release-parked": { cron: "* * * * *", missed: "skip" },
};

export async function scheduleAppJobs(boss: PgBoss): Promise<void> {
  for (const [name, { cron, missed }] of Object.entries(SCHEDULE)) await boss.schedule(name, cron, null, { missed });
}
