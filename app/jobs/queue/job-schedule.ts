import type { PgBoss } from "pg-boss";
import type { AppJobName } from "./job-types.ts";

/** When the app's own jobs run (UTC). pg-boss lets one instance send each occurrence, however many run. */
const SCHEDULE: Record<AppJobName, { cron: string; missed: "once" | "skip" }> = {
  // At an odd minute, so that not every app on Shopify calls on the hour.
  "plan-keep-alive": { cron: "23 * * * *", missed: "once" },
  // Shopify keeps a replaced permanent token usable for 7 days, a refresh token for 30: minutes are early enough.
  "reconcile-shops": { cron: "*/10 * * * *", missed: "once" },
  "prune-history": { cron: "41 3 * * *", missed: "once" },
  "retry-unserved": { cron: "37 * * * *", missed: "skip" },
  "watch-tokens": { cron: "*/5 * * * *", missed: "skip" },
  "release-parked": { cron: "* * * * *", missed: "skip" },
};

export async function scheduleAppJobs(boss: PgBoss): Promise<void> {
  for (const [name, { cron, missed }] of Object.entries(SCHEDULE)) await boss.schedule(name, cron, null, { missed });
}
