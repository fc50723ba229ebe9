import { by, type GaugeOf, plain } from "../../infra/register-gauges.ts";
import type { JobsHealth } from "./job-types.ts";

/** What waits, counted at each scrape. */
export const JOB_GAUGES: readonly GaugeOf<JobsHealth>[] = [
  {
    name: "jobs_parked",
    help: "Background jobs that wait for their shop",
    labels: ["reason"],
    values: ({ parked }) => by("reason", parked),
  },
  {
    name: "jobs_dead_letters",
    help: "Background jobs that failed for good and wait for an operator",
    values: ({ deadLetters }) => plain(deadLetters),
  },
];
