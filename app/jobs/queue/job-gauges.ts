import { Gauge, type Registry } from "prom-client";
import type { JobsHealth } from "./job-types.ts";

/** Adds what waits to /metrics, counted at each scrape. A database that cannot be asked leaves the last values. */
export function registerJobGauges(registry: Registry, health: () => Promise<JobsHealth>): void {
  if (registry.getSingleMetric("jobs_dead_letters")) return;
  // Both are collected at each scrape: one query serves both.
  let reading: Promise<JobsHealth | undefined> | undefined;
  const read = () => {
    reading ??= health()
      .catch(() => undefined)
      .finally(() => (reading = undefined));
    return reading;
  };
  new Gauge({
    name: "jobs_parked",
    help: "Background jobs that wait for their shop",
    labelNames: ["reason"],
    registers: [registry],
    async collect() {
      for (const [reason, count] of Object.entries((await read())?.parked ?? {})) this.set({ reason }, count);
    },
  });
  new Gauge({
    name: "jobs_dead_letters",
    help: "Background jobs that failed for good and wait for an operator",
    registers: [registry],
    async collect() {
      const now = await read();
      if (now) this.set(now.deadLetters);
    },
  });
}
