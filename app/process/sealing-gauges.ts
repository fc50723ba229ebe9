import { Gauge, type Registry } from "prom-client";
import type { SealingReport } from "../tokens/index.ts";

/** Adds how tokens are stored to /metrics, counted at each scrape. A database that cannot be asked leaves the last values. */
export function registerSealingGauges(registry: Registry, sealing: () => Promise<SealingReport>): void {
  if (registry.getSingleMetric("stored_tokens")) return;
  new Gauge({
    name: "stored_tokens",
    help: "Tokens in Session, by how they are stored",
    labelNames: ["form"],
    registers: [registry],
    async collect() {
      const report = await sealing().catch(() => undefined);
      if (!report) return;
      const sealed = Object.values(report.sealed).reduce((sum, count) => sum + count, 0);
      this.set({ form: "plain" }, report.plain);
      this.set({ form: "sealed" }, sealed - report.unreadable);
      this.set({ form: "unreadable" }, report.unreadable);
      this.set({ form: "to_convert" }, report.toConvert);
    },
  });
  new Gauge({
    name: "token_keys_ok",
    help: "1 while the keys in TOKEN_ENCRYPTION_KEYS are those that sealed the stored tokens, or none is sealed",
    registers: [registry],
    async collect() {
      const report = await sealing().catch(() => undefined);
      if (report) this.set(report.problem === null ? 1 : 0);
    },
  });
}
