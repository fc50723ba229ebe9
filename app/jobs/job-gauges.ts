import { Gauge, type Registry } from "prom-client";
import type { JobsHealth } from "./create-jobs.ts";

/** Adds what waits to /metrics, counted when somebody looks. A database that cannot be asked leaves the last values. */
export function registerJobGauges(registry: Registry, health: () => Promise<JobsHealth>): void {
  if (registry.getSingleMetric("jobs_dead_letters")) return;
  const parked = new Gauge({
    name: "jobs_parked",
    help: "Background jobs that wait for their shop",
    labelNames: ["reason"],
    registers: [registry],
  });
  new Gauge({
    name: "jobs_dead_letters",
    help: "Background jobs that failed for good and wait for an operator",
    registers: [registry],
    async collect() {
      const now = await health().catch(() => undefined);
      if (!now) return;
      this.set(now.deadLetters);
      for (const [reason, count] of Object.entries(now.parked)) parked.set({ reason }, count);
    },
  });
}
